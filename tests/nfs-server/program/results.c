/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NFS 3 (RFC 1813), MOUNT 3 (its appendix), portmapper 2 to 4 (RFC 1833), and of NFS 4 only how it fails. */
#include "nfs-server/program/results.h"

#define NFS_HANDLE "kvol-empty-directory"

#define NFS3_DIRECTORY 2
#define NFS3_MKDIR 9
#define NFS3ERR_NOENT 2
#define NFS3ERR_NOTSUPP 10004

#define NFS4ERR_SERVERFAULT 10006

#define AUTH_SYS 1

#define MEBIBYTE (1u << 20)

/* ---- NFS 3 ---- */

static void
put_time (GByteArray *out)
{
  xdr_put_u32 (out, 1700000000);
  xdr_put_u32 (out, 0);
}

static void
put_attributes_of (GByteArray *out, guint32 owner, guint32 mode)
{
  xdr_put_u32 (out, NFS3_DIRECTORY);
  xdr_put_u32 (out, mode);
  xdr_put_u32 (out, 2);     /* links */
  xdr_put_u32 (out, owner); /* uid */
  xdr_put_u32 (out, owner); /* gid */
  xdr_put_u64 (out, 4096);  /* size */
  xdr_put_u64 (out, 4096);  /* used */
  xdr_put_u64 (out, 0);     /* device */
  xdr_put_u64 (out, 7);     /* file system */
  xdr_put_u64 (out, 1);     /* inode */
  for (int i = 0; i < 3; i++)
    put_time (out);
}

static void
put_attributes (GByteArray *out)
{
  put_attributes_of (out, 0, 0755);
}

static void
put_some_attributes (GByteArray *out)
{
  xdr_put_u32 (out, TRUE);
  put_attributes (out);
}

static void
put_fsstat (GByteArray *out)
{
  put_some_attributes (out);
  xdr_put_u64 (out, 1000 * (guint64) MEBIBYTE); /* bytes: all, free, free for this user */
  xdr_put_u64 (out, 600 * (guint64) MEBIBYTE);
  xdr_put_u64 (out, 500 * (guint64) MEBIBYTE);
  xdr_put_u64 (out, 10000); /* inodes: the same */
  xdr_put_u64 (out, 6000);
  xdr_put_u64 (out, 5000);
  xdr_put_u32 (out, 0); /* for how many seconds that is true */
}

/* @reads and @writes: the most, and what is best. */
static void
put_fsinfo (GByteArray *out, const guint32 reads[2], const guint32 writes[2])
{
  put_some_attributes (out);
  for (int i = 0; i < 2; i++)
    {
      const guint32 *sizes = i == 0 ? reads : writes;

      xdr_put_u32 (out, sizes[0]);
      xdr_put_u32 (out, sizes[1]);
      xdr_put_u32 (out, 4096);
    }
  xdr_put_u32 (out, MEBIBYTE); /* directories */
  xdr_put_u64 (out, G_MAXINT64);
  xdr_put_u32 (out, 0);
  xdr_put_u32 (out, 1);
  xdr_put_u32 (out, 0x1b); /* links, symbolic links, homogeneous, can set times */
}

static void
put_pathconf (GByteArray *out)
{
  put_some_attributes (out);
  xdr_put_u32 (out, 1024); /* links */
  xdr_put_u32 (out, 255);  /* length of a name */
  xdr_put_u32 (out, TRUE); /* too long is an error */
  xdr_put_u32 (out, TRUE); /* chown is restricted */
  xdr_put_u32 (out, FALSE);
  xdr_put_u32 (out, TRUE);
}

/* A failed call carries what its success would begin with: no attributes. */
static void
put_nfs3_failure (GByteArray *out, guint32 procedure, guint32 status)
{
  static const guint8 optionals[] = { 0, 0, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 4, 3, 1, 1, 1, 1, 1, 2 };

  xdr_put_u32 (out, status);
  for (guint8 i = 0; procedure < G_N_ELEMENTS (optionals) && i < optionals[procedure]; i++)
    xdr_put_u32 (out, FALSE);
}

static void
put_nfs3 (GByteArray *out, guint32 procedure, XdrReader *args)
{
  static const guint32 sizes[] = { MEBIBYTE, MEBIBYTE };
  gsize len;

  switch (procedure)
    {
    case 1:
      xdr_put_u32 (out, 0);
      put_attributes (out);
      break;
    case 3:
      put_nfs3_failure (out, procedure, NFS3ERR_NOENT);
      break;
    case 4:
      xdr_get_bytes (args, &len);
      xdr_put_u32 (out, 0);
      put_some_attributes (out);
      xdr_put_u32 (out, xdr_get_u32 (args)); /* whatever is asked for */
      break;
    case 18:
      xdr_put_u32 (out, 0);
      put_fsstat (out);
      break;
    case 19:
      xdr_put_u32 (out, 0);
      put_fsinfo (out, sizes, sizes);
      break;
    case 20:
      xdr_put_u32 (out, 0);
      put_pathconf (out);
      break;
    default:
      put_nfs3_failure (out, procedure, NFS3ERR_NOTSUPP);
    }
}

/* ---- NFS 4 ---- */

/* The results end with the operation that failed, here the first. */
static void
put_nfs4_failure (GByteArray *out, XdrReader *args, guint32 status)
{
  gsize len;
  const guint8 *tag = xdr_get_bytes (args, &len);
  guint32 first;

  xdr_get_u32 (args); /* minor version */
  xdr_get_u32 (args); /* how many operations */
  first = xdr_get_u32 (args);
  xdr_put_u32 (out, status);
  xdr_put_bytes (out, tag, len);
  xdr_put_u32 (out, 1);
  xdr_put_u32 (out, first);
  xdr_put_u32 (out, status);
}

/* ---- MOUNT and portmapper ---- */

static void
put_mount (GByteArray *out, guint32 procedure)
{
  switch (procedure)
    {
    case RPC_MOUNT_MNT:
      xdr_put_u32 (out, 0);
      xdr_put_string (out, NFS_HANDLE);
      xdr_put_u32 (out, 1);
      xdr_put_u32 (out, AUTH_SYS);
      break;
    case RPC_MOUNT_EXPORT:
      xdr_put_u32 (out, TRUE);
      xdr_put_string (out, "/");
      xdr_put_u32 (out, FALSE); /* no groups */
      xdr_put_u32 (out, FALSE); /* no more */
      break;
    default:
      break;
    }
}

/* Registrations are agreed to, which is all that a server wants to hear. */
static void
put_portmapper (GByteArray *out, const RpcHead *head, guint16 port)
{
  g_autofree char *address = port == 0 ? g_strdup ("") : g_strdup_printf ("127.0.0.1.%u.%u", port >> 8, port & 0xff);

  if (head->procedure == 1 || head->procedure == 2)
    xdr_put_u32 (out, TRUE);
  else if (head->procedure == 3 && head->version == 2)
    xdr_put_u32 (out, port);
  else if (head->procedure == 3)
    xdr_put_string (out, address);
  else
    xdr_put_u32 (out, FALSE); /* an empty list */
}

/* ---- all ---- */

GByteArray *
results_proper (const RpcHead *head, XdrReader *args, guint16 port)
{
  g_autoptr (GByteArray) out = NULL;

  if (head->program == RPC_NFS && (head->version < 3 || head->version > 4))
    return rpc_other_versions (head->xid, 3, 4);
  out = rpc_accepted (head->xid, RPC_SUCCESS);
  if (head->procedure == RPC_NULL)
    return g_steal_pointer (&out);
  if (head->program == RPC_NFS && head->version == 3)
    put_nfs3 (out, head->procedure, args);
  else if (head->program == RPC_NFS && head->version == 4)
    put_nfs4_failure (out, args, NFS4ERR_SERVERFAULT);
  else if (head->program == RPC_MOUNT)
    put_mount (out, head->procedure);
  else if (head->program == RPC_PORTMAPPER)
    put_portmapper (out, head, port);
  else
    return rpc_accepted (head->xid, RPC_PROG_UNAVAIL);
  return g_steal_pointer (&out);
}

GByteArray *
results_with_status (const RpcHead *head, XdrReader *args, guint32 status)
{
  GByteArray *out;

  if (head->program == RPC_PORTMAPPER)
    return results_proper (head, args, status);
  out = rpc_accepted (head->xid, RPC_SUCCESS);
  if (head->program == RPC_NFS && head->version == 4)
    put_nfs4_failure (out, args, status);
  else if (head->program == RPC_NFS)
    put_nfs3_failure (out, head->procedure, status);
  else
    xdr_put_u32 (out, status);
  return out;
}

GByteArray *
results_with_rights (const RpcHead *head, guint32 rights)
{
  GByteArray *out = rpc_accepted (head->xid, RPC_SUCCESS);

  xdr_put_u32 (out, 0);
  if (head->procedure == NFS3_MKDIR)
    xdr_put_u32 (out, FALSE); /* no handle */
  xdr_put_u32 (out, TRUE);
  put_attributes_of (out, rights >> 16, rights >> 6 & 0777);
  if (head->procedure != NFS3_MKDIR)
    xdr_put_u32 (out, rights & 0x3f);
  else
    xdr_put_u64 (out, 0); /* nothing of the directory that it is in */
  return out;
}

GByteArray *
results_with_sizes (const RpcHead *head, guint32 sizes)
{
  const guint32 reads[] = { sizes >> 24 << 12, (sizes >> 16 & 0xff) << 12 };
  const guint32 writes[] = { (sizes >> 8 & 0xff) << 12, (sizes & 0xff) << 12 };
  GByteArray *out = rpc_accepted (head->xid, RPC_SUCCESS);

  xdr_put_u32 (out, 0);
  put_fsinfo (out, reads, writes);
  return out;
}

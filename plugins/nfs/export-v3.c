/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An export of NFS 3 (RFC 1813): the mount service gives the handle of its root, and the NFS service must know it. */
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <string.h>

#include "export.h"
#include "status.h"

#define MOUNT_PROTOCOL "MOUNT"
#define FLAVORS_MAX 64 /* that are looked at */

static const NfsProcedure mnt = { MOUNT_PROTOCOL, MOUNT_PROGRAM, MOUNT_V3, MOUNT3_MNT, "MNT" };
static const NfsProcedure umnt = { MOUNT_PROTOCOL, MOUNT_PROGRAM, MOUNT_V3, MOUNT3_UMNT, "UMNT" };
static const NfsProcedure fsstat = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_FSSTAT, "FSSTAT" };
static const NfsProcedure fsinfo = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_FSINFO, "FSINFO" };
static const NfsProcedure getattr = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_GETATTR, "GETATTR" };
static const NfsProcedure get_access = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_ACCESS, "ACCESS" };

/* Whether the export may be used without Kerberos. A server that lists nothing leaves it open. */
static gboolean
allows_plain (NfsXdr *results)
{
  guint32 n = nfs_xdr_get (results);
  gboolean allowed = n == 0;

  for (guint32 i = 0; i < MIN (n, FLAVORS_MAX); i++)
    {
      guint32 flavor = nfs_xdr_get (results);

      allowed |= flavor == AUTH_NONE || flavor == AUTH_UNIX;
    }
  return allowed;
}

/* Asks for the handle of the export's root, as arguments for what follows. */
static GByteArray *
ask_for_root (NfsProbe *self, NfsRpc *rpc, GError **error)
{
  const char *path = self->target->path;
  g_autoptr (GByteArray) args = g_byte_array_new ();
  g_autoptr (GByteArray) root = g_byte_array_new ();
  const guint8 *handle;
  guint32 status;
  gboolean plain;
  NfsXdr results;
  gsize length;

  nfs_xdr_put_data (args, path, strlen (path));
  if (!nfs_rpc_call (rpc, &mnt, args, &results, error))
    return NULL;
  status = nfs_xdr_get (&results);
  if (status != NFS_STATUS_OK)
    {
      if (nfs_rpc_check (rpc, &mnt, &results, error))
        nfs_status_throw (error, status, rpc, &mnt, path);
      return NULL;
    }
  handle = nfs_xdr_get_data (&results, NFS3_FHSIZE, &length);
  plain = allows_plain (&results);
  if (!nfs_rpc_check (rpc, &mnt, &results, error))
    return NULL;
  /* The server keeps a list of who mounted what: a probe is not to stand in it. */
  nfs_xdr_put_data (root, handle, length);
  nfs_rpc_tell (rpc, &umnt, args);
  if (plain)
    return g_steal_pointer (&root);
  nfs_cause_throw (error, NFS_EXPORT_UNAVAILABLE_OR_DENIED,
                   "%s gives \"%s\" to those only who come with Kerberos (mount option sec)", rpc->peer, path);
  return NULL;
}

/* As arguments it has its length before it, in four bytes. */
static void
keep_root (NfsProbe *self, const GByteArray *root)
{
  NfsXdr reader = { .data = root->data, .left = root->len };
  gsize length;
  const guint8 *bytes = nfs_xdr_get_data (&reader, NFS3_FHSIZE, &length);

  if (bytes != NULL)
    memcpy (self->root.bytes, bytes, length);
  self->root.length = bytes != NULL ? (guint) length : 0;
}

GByteArray *
nfs_export_v3_open (NfsProbe *self, GError **error)
{
  int port = self->target->options.mount_port;
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  GByteArray *root;

  if (port == 0 && !nfs_probe_find_port (self, &mnt, &port, error))
    return NULL;
  nfs_steps_begin (&self->steps, "mount");
  if (!nfs_probe_connect (self, &rpc, port, error))
    return NULL;
  root = ask_for_root (self, &rpc, error);
  self->mount_port = port;
  if (root != NULL)
    keep_root (self, root);
  if (root != NULL)
    nfs_steps_end (&self->steps, "%s gives \"%s\"", rpc.peer, self->target->path);
  return root;
}

gboolean
nfs_export_v3_call (NfsProbe *self, const NfsProcedure *procedure, const GByteArray *args, guint32 *ret_status,
                    NfsXdr *ret_results, GError **error)
{
  gint64 pause = 0;

  do
    {
      if (!nfs_rpc_call (&self->nfs, procedure, args, ret_results, error))
        return FALSE;
      *ret_status = nfs_xdr_get (ret_results);
      if (!nfs_rpc_check (&self->nfs, procedure, ret_results, error)
          || !nfs_probe_await_later (self, *ret_status, &pause, error))
        return FALSE;
    }
  while (pause > 0);
  return TRUE;
}

gboolean
nfs_export_v3_ask (NfsProbe *self, const NfsProcedure *procedure, const GByteArray *args, NfsXdr *ret_results,
                   GError **error)
{
  guint32 status;

  if (!nfs_export_v3_call (self, procedure, args, &status, ret_results, error))
    return FALSE;
  if (status == NFS_STATUS_OK)
    return TRUE;
  return nfs_status_throw (error, status, &self->nfs, procedure, self->target->path);
}

void
nfs_export_v3_skip_attributes (NfsXdr *results)
{
  if (nfs_xdr_get (results) != 0)
    nfs_xdr_skip (results, NFS_EXPORT_V3_ATTRIBUTES);
}

/* Nothing can be done by 0 bytes at a time: a server that says so has nothing to say. */
static guint32
get_less (guint32 a, guint32 b)
{
  return a != 0 && b != 0 ? MIN (a, b) : MAX (a, b);
}

/* The preferred ones, as the kernel's client has it (fs/nfs/client.c). A server may break off the connection of who
 * sends more than it takes. */
static guint32
get_transfer (const guint32 sizes[5])
{
  const guint32 reads = get_less (sizes[0], sizes[1]);
  const guint32 writes = get_less (sizes[3], sizes[4]);

  return get_less (reads, writes);
}

static gboolean
probe_fsinfo (NfsProbe *self, const GByteArray *root, GError **error)
{
  guint32 sizes[5]; /* largest and preferred read, multiple, largest and preferred write */
  NfsXdr results;

  nfs_steps_begin (&self->steps, "fsinfo");
  if (!nfs_export_v3_ask (self, &fsinfo, root, &results, error))
    return FALSE;
  nfs_export_v3_skip_attributes (&results);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    sizes[i] = nfs_xdr_get (&results);
  if (!nfs_rpc_check (&self->nfs, &fsinfo, &results, error))
    return FALSE;
  self->transfer = get_transfer (sizes);
  return nfs_steps_end (&self->steps, "reads %u and writes %u bytes at a time", sizes[0], sizes[3]);
}

static gboolean
probe_attributes (NfsProbe *self, const GByteArray *root, GError **error)
{
  guint32 type;
  guint32 mode;
  NfsXdr results;

  nfs_steps_begin (&self->steps, "getattr");
  if (!nfs_export_v3_ask (self, &getattr, root, &results, error))
    return FALSE;
  type = nfs_xdr_get (&results);
  mode = nfs_xdr_get (&results);
  nfs_xdr_skip (&results, NFS_EXPORT_V3_ATTRIBUTES - 8);
  if (!nfs_rpc_check (&self->nfs, &getattr, &results, error))
    return FALSE;
  if (type != NF3DIR)
    return nfs_cause_throw (error, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "\"%s\" of %s is no directory", self->target->path,
                            self->nfs.peer);
  return nfs_steps_end (&self->steps, "a directory of mode 0%03o", mode & 07777);
}

static gboolean
probe_access (NfsProbe *self, const GByteArray *root, GError **error)
{
  g_autoptr (GByteArray) args = g_byte_array_new ();
  guint32 granted;
  NfsXdr results;

  nfs_steps_begin (&self->steps, "access");
  g_byte_array_append (args, root->data, root->len);
  nfs_xdr_put (args, NFS_PROBE_ACCESS);
  if (!nfs_export_v3_ask (self, &get_access, args, &results, error))
    return FALSE;
  nfs_export_v3_skip_attributes (&results);
  granted = nfs_xdr_get (&results);
  return nfs_rpc_check (&self->nfs, &get_access, &results, error) && nfs_probe_end_access (self, granted);
}

gboolean
nfs_probe_export_v3 (NfsProbe *self, GError **error)
{
  g_autoptr (GByteArray) root = nfs_export_v3_open (self, error);

  return root != NULL && probe_fsinfo (self, root, error) && probe_attributes (self, root, error)
         && probe_access (self, root, error);
}

gboolean
nfs_export_v3_measure (NfsProbe *self, KvolUsageInfo *usage, GError **error)
{
  g_autoptr (GByteArray) root = nfs_export_v3_open (self, error);
  guint64 free_bytes;
  NfsXdr results;

  if (root == NULL || !nfs_export_v3_ask (self, &fsstat, root, &results, error))
    return FALSE;
  nfs_export_v3_skip_attributes (&results);
  usage->capacity_bytes = nfs_xdr_get_long (&results);
  free_bytes = nfs_xdr_get_long (&results);
  usage->available_bytes = nfs_xdr_get_long (&results);
  usage->inodes = nfs_xdr_get_long (&results);
  usage->inodes_free = nfs_xdr_get_long (&results);
  usage->used_bytes = usage->capacity_bytes - MIN (free_bytes, usage->capacity_bytes);
  usage->inodes_used = usage->inodes - MIN (usage->inodes_free, usage->inodes);
  return nfs_rpc_check (&self->nfs, &fsstat, &results, error);
}

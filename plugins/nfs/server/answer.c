/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer was written by whoever listens at the server's address, so no length of it is believed (xdr.c) and nothing
 * is read by recursion. libnfs 4's own decoder does both, and ends the process for it. */
#include "answer.h"

#include <stddef.h>
#include <string.h>

#include "reply.h"

gboolean
answer_is_taken (Answer *self)
{
  guint32 status;

  return nfs_reply_judge (&self->xdr, &status) == NFS_VERDICT_SERVED;
}

/* In place: what comes behind has been read already, or is the spare byte at the end. */
typedef struct
{
  char *text;
  gsize length;
} Lent;

static Lent
lend (Answer *self)
{
  gsize length;
  const guint8 *bytes = nfs_xdr_get_data (&self->xdr, self->xdr.left, &length);

  return (Lent){ (char *) (gpointer) bytes, length };
}

/* NULL of what is broken; else there is a byte behind it that may be overwritten. */
static char *
end_text (const Answer *self, Lent lent)
{
  if (self->xdr.broken || lent.text == NULL)
    return NULL;
  lent.text[lent.length] = '\0';
  return lent.text;
}

/* ---- what answers are made of ---- */

static nfs_fh3
read_handle (Answer *self)
{
  const Lent lent = lend (self);

  return (nfs_fh3){ { (u_int) lent.length, lent.text } };
}

static post_op_fh3
read_post_handle (Answer *self)
{
  post_op_fh3 handle = { .handle_follows = nfs_xdr_get (&self->xdr) };

  if (handle.handle_follows)
    handle.post_op_fh3_u.handle = read_handle (self);
  return handle;
}

static nfstime3
read_time (Answer *self)
{
  const guint32 seconds = nfs_xdr_get (&self->xdr);

  return (nfstime3){ seconds, nfs_xdr_get (&self->xdr) };
}

static fattr3
read_attributes (Answer *self)
{
  NfsXdr *xdr = &self->xdr;
  fattr3 ret = { .type = (ftype3) nfs_xdr_get (xdr) };

  ret.mode = nfs_xdr_get (xdr);
  ret.nlink = nfs_xdr_get (xdr);
  ret.uid = nfs_xdr_get (xdr);
  ret.gid = nfs_xdr_get (xdr);
  ret.size = nfs_xdr_get_long (xdr);
  ret.used = nfs_xdr_get_long (xdr);
  ret.rdev.specdata1 = nfs_xdr_get (xdr);
  ret.rdev.specdata2 = nfs_xdr_get (xdr);
  ret.fsid = nfs_xdr_get_long (xdr);
  ret.fileid = nfs_xdr_get_long (xdr);
  ret.atime = read_time (self);
  ret.mtime = read_time (self);
  ret.ctime = read_time (self);
  return ret;
}

static post_op_attr
read_post_attributes (Answer *self)
{
  post_op_attr ret = { .attributes_follow = nfs_xdr_get (&self->xdr) };

  if (ret.attributes_follow)
    ret.post_op_attr_u.attributes = read_attributes (self);
  return ret;
}

static pre_op_attr
read_before (Answer *self)
{
  pre_op_attr ret = { .attributes_follow = nfs_xdr_get (&self->xdr) };

  if (!ret.attributes_follow)
    return ret;
  ret.pre_op_attr_u.attributes.size = nfs_xdr_get_long (&self->xdr);
  ret.pre_op_attr_u.attributes.mtime = read_time (self);
  ret.pre_op_attr_u.attributes.ctime = read_time (self);
  return ret;
}

static wcc_data
read_change (Answer *self)
{
  wcc_data ret = { .before = read_before (self) };

  ret.after = read_post_attributes (self);
  return ret;
}

/* Verifiers have a fixed length. */
static void
read_verifier (Answer *self, char ret[static 8])
{
  const guint64 verifier = GUINT64_TO_BE (nfs_xdr_get_long (&self->xdr));

  memcpy (ret, &verifier, sizeof verifier);
}

/* The status comes first in every struct; behind any but 0 there is nothing that anybody reads. */
static gboolean
read_status (Answer *self, nfsstat3 *ret)
{
  *ret = (nfsstat3) nfs_xdr_get (&self->xdr);
  return *ret == NFS3_OK;
}

/* ---- the answers ---- */

void
answer_read_getattr (Answer *self, gpointer result)
{
  GETATTR3res *res = result;

  if (read_status (self, &res->status))
    res->GETATTR3res_u.resok.obj_attributes = read_attributes (self);
}

void
answer_read_setattr (Answer *self, gpointer result)
{
  SETATTR3res *res = result;

  if (read_status (self, &res->status))
    res->SETATTR3res_u.resok.obj_wcc = read_change (self);
}

void
answer_read_lookup (Answer *self, gpointer result)
{
  LOOKUP3res *res = result;
  LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  ok->object = read_handle (self);
  ok->obj_attributes = read_post_attributes (self);
  ok->dir_attributes = read_post_attributes (self);
}

void
answer_read_access (Answer *self, gpointer result)
{
  ACCESS3res *res = result;
  ACCESS3resok *ok = &res->ACCESS3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  ok->obj_attributes = read_post_attributes (self);
  ok->access = nfs_xdr_get (&self->xdr);
}

void
answer_read_readlink (Answer *self, gpointer result)
{
  READLINK3res *res = result;
  READLINK3resok *ok = &res->READLINK3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  ok->symlink_attributes = read_post_attributes (self);
  ok->data = end_text (self, lend (self));
}

static gboolean
begin_read (Answer *self, READ3res *res)
{
  READ3resok *ok = &res->READ3res_u.resok;

  if (!read_status (self, &res->status))
    return FALSE;
  ok->file_attributes = read_post_attributes (self);
  ok->count = nfs_xdr_get (&self->xdr);
  ok->eof = nfs_xdr_get (&self->xdr);
  return TRUE;
}

void
answer_read_read_head (Answer *self, READ3res *res)
{
  if (begin_read (self, res))
    res->READ3res_u.resok.data.data_len = nfs_xdr_get (&self->xdr);
}

void
answer_read_read (Answer *self, gpointer result)
{
  READ3res *res = result;
  READ3resok *ok = &res->READ3res_u.resok;
  Lent data;

  if (!begin_read (self, res))
    return;
  data = lend (self);
  ok->data.data_len = (u_int) data.length;
  ok->data.data_val = data.text;
}

void
answer_read_write (Answer *self, gpointer result)
{
  WRITE3res *res = result;
  WRITE3resok *ok = &res->WRITE3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  ok->file_wcc = read_change (self);
  ok->count = nfs_xdr_get (&self->xdr);
  ok->committed = (stable_how) nfs_xdr_get (&self->xdr);
  read_verifier (self, ok->verf);
}

void
answer_read_made (Answer *self, gpointer result)
{
  CREATE3res *res = result;
  CREATE3resok *ok = &res->CREATE3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  ok->obj = read_post_handle (self);
  ok->obj_attributes = read_post_attributes (self);
  ok->dir_wcc = read_change (self);
}

void
answer_read_removed (Answer *self, gpointer result)
{
  REMOVE3res *res = result;

  if (read_status (self, &res->status))
    res->REMOVE3res_u.resok.dir_wcc = read_change (self);
}

void
answer_read_rename (Answer *self, gpointer result)
{
  RENAME3res *res = result;

  if (!read_status (self, &res->status))
    return;
  res->RENAME3res_u.resok.fromdir_wcc = read_change (self);
  res->RENAME3res_u.resok.todir_wcc = read_change (self);
}

void
answer_read_link (Answer *self, gpointer result)
{
  LINK3res *res = result;

  if (!read_status (self, &res->status))
    return;
  res->LINK3res_u.resok.file_attributes = read_post_attributes (self);
  res->LINK3res_u.resok.linkdir_wcc = read_change (self);
}

static gboolean
read_name (Answer *self)
{
  entry3 entry = { .fileid = nfs_xdr_get_long (&self->xdr) };
  const Lent name = lend (self);

  entry.cookie = nfs_xdr_get_long (&self->xdr);
  /* Its end is where the cookie has been. */
  entry.name = end_text (self, name);
  if (self->xdr.broken)
    return FALSE;
  g_array_append_val (self->names, entry);
  return TRUE;
}

/* Each of the @entries, of @size bytes, gets its pointer to the next one, at @next. */
static gpointer
chain (GArray *entries, gsize size, gsize next)
{
  char *following = NULL;

  for (guint i = entries->len; i-- > 0;)
    {
      char *entry = entries->data + i * size;

      G_STRUCT_MEMBER (gpointer, entry, next) = following;
      following = entry;
    }
  return following;
}

void
answer_read_readdir (Answer *self, gpointer result)
{
  READDIR3res *res = result;
  READDIR3resok *ok = &res->READDIR3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  g_array_set_size (self->names, 0);
  ok->dir_attributes = read_post_attributes (self);
  read_verifier (self, ok->cookieverf);
  while (nfs_xdr_get (&self->xdr) != 0)
    if (!read_name (self))
      return;
  ok->reply.entries = chain (self->names, sizeof (entry3), offsetof (entry3, nextentry));
  ok->reply.eof = nfs_xdr_get (&self->xdr);
}

static gboolean
read_entry (Answer *self)
{
  entryplus3 entry = { .fileid = nfs_xdr_get_long (&self->xdr) };
  const Lent name = lend (self);

  entry.cookie = nfs_xdr_get_long (&self->xdr);
  /* Its end is where the cookie has been. */
  entry.name = end_text (self, name);
  entry.name_attributes = read_post_attributes (self);
  entry.name_handle = read_post_handle (self);
  if (self->xdr.broken)
    return FALSE;
  g_array_append_val (self->entries, entry);
  return TRUE;
}

void
answer_read_readdirplus (Answer *self, gpointer result)
{
  READDIRPLUS3res *res = result;
  READDIRPLUS3resok *ok = &res->READDIRPLUS3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  g_array_set_size (self->entries, 0);
  ok->dir_attributes = read_post_attributes (self);
  read_verifier (self, ok->cookieverf);
  while (nfs_xdr_get (&self->xdr) != 0)
    if (!read_entry (self))
      return;
  ok->reply.entries = chain (self->entries, sizeof (entryplus3), offsetof (entryplus3, nextentry));
  ok->reply.eof = nfs_xdr_get (&self->xdr);
}

void
answer_read_fsstat (Answer *self, gpointer result)
{
  FSSTAT3res *res = result;
  FSSTAT3resok *ok = &res->FSSTAT3res_u.resok;
  NfsXdr *xdr = &self->xdr;

  if (!read_status (self, &res->status))
    return;
  ok->obj_attributes = read_post_attributes (self);
  ok->tbytes = nfs_xdr_get_long (xdr);
  ok->fbytes = nfs_xdr_get_long (xdr);
  ok->abytes = nfs_xdr_get_long (xdr);
  ok->tfiles = nfs_xdr_get_long (xdr);
  ok->ffiles = nfs_xdr_get_long (xdr);
  ok->afiles = nfs_xdr_get_long (xdr);
  ok->invarsec = nfs_xdr_get (xdr);
}

void
answer_read_pathconf (Answer *self, gpointer result)
{
  PATHCONF3res *res = result;
  PATHCONF3resok *ok = &res->PATHCONF3res_u.resok;
  NfsXdr *xdr = &self->xdr;

  if (!read_status (self, &res->status))
    return;
  ok->obj_attributes = read_post_attributes (self);
  ok->linkmax = nfs_xdr_get (xdr);
  ok->name_max = nfs_xdr_get (xdr);
  ok->no_trunc = nfs_xdr_get (xdr);
  ok->chown_restricted = nfs_xdr_get (xdr);
  ok->case_insensitive = nfs_xdr_get (xdr);
  ok->case_preserving = nfs_xdr_get (xdr);
}

void
answer_read_commit (Answer *self, gpointer result)
{
  COMMIT3res *res = result;
  COMMIT3resok *ok = &res->COMMIT3res_u.resok;

  if (!read_status (self, &res->status))
    return;
  ok->file_wcc = read_change (self);
  read_verifier (self, ok->verf);
}

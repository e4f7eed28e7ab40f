/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/answer-sample.h"

#include <string.h>

#include "nfs-server/xdr.h"

#define HANDLE                                                                                                         \
  {                                                                                                                    \
    {                                                                                                                  \
      4, (char *) "root"                                                                                               \
    }                                                                                                                  \
  }
#define WHERE                                                                                                          \
  {                                                                                                                    \
    HANDLE, (char *) "name"                                                                                            \
  }
#define SPOILT_MOST 4

/* ---- as they stand on the wire ---- */

static void
put_numbers (GByteArray *out, guint n)
{
  for (guint i = 0; i < n; i++)
    xdr_put_u32 (out, 0x01020304 * (i + 1));
}

static void
put_attributes (GByteArray *out)
{
  put_numbers (out, 21);
}

static void
put_some_attributes (GByteArray *out)
{
  xdr_put_u32 (out, TRUE);
  put_attributes (out);
}

static void
put_change (GByteArray *out)
{
  xdr_put_u32 (out, TRUE);
  put_numbers (out, 6);
  put_some_attributes (out);
}

static void
put_getattr (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_attributes (out);
}

static void
put_changed (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_change (out);
}

static void
put_lookup (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  xdr_put_string (out, "a handle");
  put_some_attributes (out);
  put_some_attributes (out);
}

static void
put_access (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  xdr_put_u32 (out, 0x3f);
}

static void
put_readlink (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  xdr_put_string (out, "a target");
}

static void
put_read (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  xdr_put_u32 (out, 7);
  xdr_put_u32 (out, TRUE);
  xdr_put_string (out, "content");
}

static void
put_write (GByteArray *out)
{
  put_changed (out);
  xdr_put_u32 (out, 5);
  xdr_put_u32 (out, FILE_SYNC);
  put_numbers (out, 2);
}

static void
put_made (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  xdr_put_u32 (out, TRUE);
  xdr_put_string (out, "another handle");
  put_some_attributes (out);
  put_change (out);
}

static void
put_rename (GByteArray *out)
{
  put_changed (out);
  put_change (out);
}

static void
put_link (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  put_change (out);
}

static void
put_readdir (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  put_numbers (out, 2);
  for (guint i = 1; i <= ANSWER_SAMPLE_ENTRIES; i++)
    {
      xdr_put_u32 (out, TRUE);
      xdr_put_u64 (out, 1000 + i);
      xdr_put_bytes (out, (const guint8 *) "abcdefghi", i);
      xdr_put_u64 (out, ANSWER_SAMPLE_COOKIE + i);
    }
  xdr_put_u32 (out, FALSE);
  xdr_put_u32 (out, TRUE);
}

static void
put_readdirplus (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  put_numbers (out, 2);
  for (guint i = 1; i <= ANSWER_SAMPLE_ENTRIES; i++)
    {
      xdr_put_u32 (out, TRUE);
      xdr_put_u64 (out, 1000 + i);
      xdr_put_bytes (out, (const guint8 *) "abcdefghi", i);
      xdr_put_u64 (out, ANSWER_SAMPLE_COOKIE + i);
      put_some_attributes (out);
      xdr_put_u32 (out, TRUE);
      xdr_put_bytes (out, (const guint8 *) "a handle of it", 3 + i);
    }
  xdr_put_u32 (out, FALSE);
  xdr_put_u32 (out, TRUE);
}

static void
put_fsstat (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  put_numbers (out, 13);
}

static void
put_pathconf (GByteArray *out)
{
  xdr_put_u32 (out, NFS3_OK);
  put_some_attributes (out);
  put_numbers (out, 6);
}

static void
put_commit (GByteArray *out)
{
  put_changed (out);
  put_numbers (out, 2);
}

/* ---- what was understood of them ---- */

static guint64
mix (guint64 sum, gconstpointer data, gsize length)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < length; i++)
    sum = (sum ^ bytes[i]) * 1099511628211u;
  return sum;
}

static guint64
mix_attributes (guint64 sum, const post_op_attr *from)
{
  const fattr3 *attributes = &from->post_op_attr_u.attributes;

  if (!from->attributes_follow)
    return sum;
  sum = mix (sum, &attributes->type, sizeof attributes->type);
  sum = mix (sum, &attributes->size, sizeof attributes->size);
  sum = mix (sum, &attributes->fileid, sizeof attributes->fileid);
  return mix (sum, &attributes->ctime, sizeof attributes->ctime);
}

static guint64
mix_handle (guint64 sum, const nfs_fh3 *handle)
{
  return mix (sum, handle->data.data_val, handle->data.data_len);
}

static guint64
mix_post_handle (guint64 sum, const post_op_fh3 *handle)
{
  return handle->handle_follows ? mix_handle (sum, &handle->post_op_fh3_u.handle) : sum;
}

static guint64
sum_getattr (const ProcedureResult *result)
{
  const GETATTR3resok *ok = &result->getattr.GETATTR3res_u.resok;

  return mix (0, &ok->obj_attributes.ctime, sizeof ok->obj_attributes.ctime);
}

static guint64
sum_setattr (const ProcedureResult *result)
{
  return mix_attributes (1, &result->setattr.SETATTR3res_u.resok.obj_wcc.after);
}

static guint64
sum_lookup (const ProcedureResult *result)
{
  const LOOKUP3resok *ok = &result->lookup.LOOKUP3res_u.resok;

  return mix_attributes (mix_attributes (mix_handle (2, &ok->object), &ok->obj_attributes), &ok->dir_attributes);
}

static guint64
sum_access (const ProcedureResult *result)
{
  const ACCESS3resok *ok = &result->access.ACCESS3res_u.resok;

  return mix_attributes (mix (3, &ok->access, sizeof ok->access), &ok->obj_attributes);
}

static guint64
sum_readlink (const ProcedureResult *result)
{
  const char *target = result->readlink.READLINK3res_u.resok.data;

  return mix (4, target, strlen (target));
}

static guint64
sum_read (const ProcedureResult *result)
{
  const READ3resok *ok = &result->read.READ3res_u.resok;

  return mix (mix (5, &ok->eof, sizeof ok->eof), ok->data.data_val, ok->data.data_len);
}

static guint64
sum_write (const ProcedureResult *result)
{
  const WRITE3resok *ok = &result->write.res.WRITE3res_u.resok;

  return mix (mix (mix (6, &ok->count, sizeof ok->count), &ok->committed, sizeof ok->committed), ok->verf, 8);
}

static guint64
sum_made (const ProcedureResult *result)
{
  const CREATE3resok *ok = &result->made.CREATE3res_u.resok;

  return mix_attributes (mix_attributes (mix_post_handle (7, &ok->obj), &ok->obj_attributes), &ok->dir_wcc.after);
}

static guint64
sum_removed (const ProcedureResult *result)
{
  return mix_attributes (8, &result->removed.REMOVE3res_u.resok.dir_wcc.after);
}

static guint64
sum_rename (const ProcedureResult *result)
{
  const RENAME3resok *ok = &result->rename.RENAME3res_u.resok;

  return mix_attributes (mix_attributes (9, &ok->fromdir_wcc.after), &ok->todir_wcc.after);
}

static guint64
sum_link (const ProcedureResult *result)
{
  const LINK3resok *ok = &result->link.LINK3res_u.resok;

  return mix_attributes (mix_attributes (10, &ok->file_attributes), &ok->linkdir_wcc.after);
}

static guint64
sum_readdir (const ProcedureResult *result)
{
  const READDIR3resok *ok = &result->readdir.READDIR3res_u.resok;
  guint64 sum = mix (14, ok->cookieverf, sizeof ok->cookieverf);

  for (const entry3 *at = ok->reply.entries; at != NULL; at = at->nextentry)
    {
      sum = mix (sum, at->name, strlen (at->name));
      sum = mix (sum, &at->cookie, sizeof at->cookie);
    }
  return mix (sum, &ok->reply.eof, sizeof ok->reply.eof);
}

static guint64
sum_readdirplus (const ProcedureResult *result)
{
  const READDIRPLUS3resok *ok = &result->readdirplus.READDIRPLUS3res_u.resok;
  guint64 sum = mix (11, ok->cookieverf, sizeof ok->cookieverf);

  for (const entryplus3 *at = ok->reply.entries; at != NULL; at = at->nextentry)
    {
      sum = mix (sum, at->name, strlen (at->name));
      sum = mix (sum, &at->cookie, sizeof at->cookie);
      sum = mix_post_handle (mix_attributes (sum, &at->name_attributes), &at->name_handle);
    }
  return mix (sum, &ok->reply.eof, sizeof ok->reply.eof);
}

static guint64
sum_fsstat (const ProcedureResult *result)
{
  const FSSTAT3resok *ok = &result->fsstat.FSSTAT3res_u.resok;

  return mix (mix (12, &ok->tbytes, sizeof ok->tbytes), &ok->invarsec, sizeof ok->invarsec);
}

static guint64
sum_pathconf (const ProcedureResult *result)
{
  const PATHCONF3resok *ok = &result->pathconf.PATHCONF3res_u.resok;

  return mix (mix (15, &ok->linkmax, sizeof ok->linkmax), &ok->case_preserving, sizeof ok->case_preserving);
}

static guint64
sum_commit (const ProcedureResult *result)
{
  return mix (13, result->commit.COMMIT3res_u.resok.verf, 8);
}

const AnswerSample answer_samples[] = {
  { &procedure_getattr, &(const GETATTR3args){ HANDLE }, put_getattr, sum_getattr },
  { &procedure_setattr, &(const SETATTR3args){ HANDLE }, put_changed, sum_setattr },
  { &procedure_lookup, &(const LOOKUP3args){ WHERE }, put_lookup, sum_lookup },
  { &procedure_access, &(const ACCESS3args){ HANDLE, 1 }, put_access, sum_access },
  { &procedure_readlink, &(const READLINK3args){ HANDLE }, put_readlink, sum_readlink },
  { &procedure_read, &(const READ3args){ HANDLE, 0, 7 }, put_read, sum_read },
  { &procedure_write, &(const WRITE3args){ HANDLE, 0, 0, UNSTABLE }, put_write, sum_write },
  { &procedure_create, &(const CREATE3args){ WHERE }, put_made, sum_made },
  { &procedure_mkdir, &(const MKDIR3args){ WHERE }, put_made, sum_made },
  { &procedure_symlink, &(const SYMLINK3args){ WHERE, { .symlink_data = (char *) "to" } }, put_made, sum_made },
  { &procedure_mknod, &(const MKNOD3args){ WHERE, { .type = NF3FIFO } }, put_made, sum_made },
  { &procedure_remove, &(const REMOVE3args){ WHERE }, put_changed, sum_removed },
  { &procedure_rmdir, &(const RMDIR3args){ WHERE }, put_changed, sum_removed },
  { &procedure_rename, &(const RENAME3args){ WHERE, WHERE }, put_rename, sum_rename },
  { &procedure_link, &(const LINK3args){ HANDLE, WHERE }, put_link, sum_link },
  { &procedure_readdir, &(const READDIR3args){ HANDLE, 0, "", 512 }, put_readdir, sum_readdir },
  { &procedure_readdirplus, &(const READDIRPLUS3args){ HANDLE, 0, "", 512, 1024 }, put_readdirplus, sum_readdirplus },
  { &procedure_fsstat, &(const FSSTAT3args){ HANDLE }, put_fsstat, sum_fsstat },
  { &procedure_pathconf, &(const PATHCONF3args){ HANDLE }, put_pathconf, sum_pathconf },
  { &procedure_commit, &(const COMMIT3args){ HANDLE, 0, 0 }, put_commit, sum_commit },
};

const guint n_answer_samples = G_N_ELEMENTS (answer_samples);

/* ---- spoilt ones ---- */

static guint32
make_up_number (GRand *rand, guint left)
{
  const guint32 numbers[] = { 0, 1, 2, left, left - 4, left + 1, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff };

  return numbers[g_rand_int_range (rand, 0, G_N_ELEMENTS (numbers))];
}

static void
spoil_once (GRand *rand, GByteArray *bytes)
{
  const guint at = bytes->len > 0 ? (guint) g_rand_int_range (rand, 0, (gint) bytes->len) : 0;
  const guint word = at & ~3u;
  const guint32 number = GUINT32_TO_BE (make_up_number (rand, bytes->len - word));

  switch (g_rand_int_range (rand, 0, 8))
    {
    case 0:
      g_byte_array_set_size (bytes, at);
      break;
    case 1:
      g_byte_array_append (bytes, (const guint8 *) &number, sizeof number);
      break;
    case 2:
    case 3:
      if (at < bytes->len)
        bytes->data[at] = (guint8) g_rand_int (rand);
      break;
    default:
      if (word + sizeof number <= bytes->len)
        memcpy (bytes->data + word, &number, sizeof number);
      break;
    }
}

void
answer_sample_spoil (GRand *rand, GByteArray *bytes)
{
  for (int n = g_rand_int_range (rand, 0, SPOILT_MOST + 1); n > 0; n--)
    spoil_once (rand, bytes);
}

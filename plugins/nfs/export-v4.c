/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An export of NFS 4 (RFC 7530): a directory below the server's root, found name by name. Looking needs no client
 * identity and no lease in version 4.0, so nothing of it stays at the server. From 4.1 on it would take a session (RFC
 * 8881): there only a compound of no operations is sent, which says whether the minor version is offered; the export of
 * a server without 4.0 is left for the mount to find. */
#include <nfsc/libnfs-raw-nfs4.h>
#include <string.h>

#include "export.h"
#include "status.h"

/* Servers bound the operations of one compound, some at 16. */
#define NAMES_MAX 8

static const NfsProcedure compound = { "NFS", NFS4_PROGRAM, NFS_V4, 1, "COMPOUND" };

typedef struct
{
  guint8 data[NFS4_FHSIZE];
  gsize length; /* 0: the root */
} Handle;

/* A compound on its way, then its answer. */
typedef struct
{
  GByteArray *args;
  guint32 n_ops;
  NfsXdr results;
} Compound;

static void
compound_clear (Compound *self)
{
  g_clear_pointer (&self->args, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Compound, compound_clear)

static void
compound_init (Compound *self, guint32 minor)
{
  *self = (Compound){ .args = g_byte_array_new () };
  nfs_xdr_put_data (self->args, "", 0);
  nfs_xdr_put (self->args, minor);
  nfs_xdr_put (self->args, 0);
}

static void
add_op (Compound *self, guint32 op)
{
  nfs_xdr_put (self->args, op);
  self->n_ops++;
}

static void
add_start (Compound *self, const Handle *handle)
{
  add_op (self, handle->length > 0 ? OP_PUTFH : OP_PUTROOTFH);
  if (handle->length > 0)
    nfs_xdr_put_data (self->args, handle->data, handle->length);
}

/* FALSE when there is no answer; else @ret_status says how far it came. */
static gboolean
run_once (NfsProbe *self, Compound *of, guint32 *ret_status, GError **error)
{
  const gsize n_ops_at = 8; /* after the empty tag and the minor version */
  guint32 n_ops = GUINT32_TO_BE (of->n_ops);
  gsize length;

  memcpy (of->args->data + n_ops_at, &n_ops, sizeof n_ops);
  if (!nfs_rpc_call (&self->nfs, &compound, of->args, &of->results, error))
    return FALSE;
  *ret_status = nfs_xdr_get (&of->results);
  nfs_xdr_get_data (&of->results, NFS4_OPAQUE_LIMIT, &length);
  nfs_xdr_get (&of->results);
  return nfs_rpc_check (&self->nfs, &compound, &of->results, error);
}

/* Servers say "later" while they have to ask somebody of their own. */
static gboolean
run (NfsProbe *self, Compound *of, guint32 *ret_status, GError **error)
{
  gint64 pause = 0;

  do
    if (!run_once (self, of, ret_status, error) || !nfs_probe_await_later (self, *ret_status, &pause, error))
      return FALSE;
  while (pause > 0);
  return TRUE;
}

/* Steps over the head of the next result; what it is of is known, because the answer keeps the order. */
static void
next_result (Compound *self)
{
  nfs_xdr_get (&self->results);
  nfs_xdr_get (&self->results);
}

static gboolean
throw_status (NfsProbe *self, guint32 status, GError **error)
{
  return nfs_status_throw (error, status, &self->nfs, &compound, self->target->path);
}

/* The arguments of @op are added behind. */
static void
look_begin (Compound *self, const Handle *handle, guint32 op)
{
  compound_init (self, 0);
  add_start (self, handle);
  add_op (self, op);
}

/* What @op answers is next then. */
static gboolean
look_run (NfsProbe *self, Compound *look, GError **error)
{
  guint32 status;

  if (!run (self, look, &status, error))
    return FALSE;
  if (status != NFS_STATUS_OK)
    return throw_status (self, status, error);
  next_result (look);
  next_result (look);
  return TRUE;
}

/* ---- the minor version ---- */

static gboolean
probe_minor (NfsProbe *self, guint32 minor, GError **error)
{
  g_auto (Compound) none = { 0 };
  guint32 status;

  compound_init (&none, minor);
  if (!run (self, &none, &status, error))
    return FALSE;
  if (status == NFS_STATUS_MINOR_VERSION)
    return nfs_cause_throw (error, NFS_VERSION_MISMATCH, "%s does not offer NFS version 4.%u", self->nfs.peer, minor);
  return status == NFS_STATUS_OK || throw_status (self, status, error);
}

/* ---- the export ---- */

/* Goes on from @handle by some of @names. What the server answers to it is in @ret_status. */
static gboolean
look_up (NfsProbe *self, Handle *handle, char **names, gsize n_names, guint32 *ret_status, GError **error)
{
  g_auto (Compound) walk = { 0 };
  const guint8 *found;

  compound_init (&walk, 0);
  add_start (&walk, handle);
  for (gsize i = 0; i < n_names; i++)
    {
      add_op (&walk, g_str_equal (names[i], "..") ? OP_LOOKUPP : OP_LOOKUP);
      if (!g_str_equal (names[i], ".."))
        nfs_xdr_put_data (walk.args, names[i], strlen (names[i]));
    }
  add_op (&walk, OP_GETFH);
  if (!run (self, &walk, ret_status, error))
    return FALSE;
  if (*ret_status != NFS_STATUS_OK)
    return TRUE;
  for (guint32 i = 0; i < walk.n_ops; i++)
    next_result (&walk);
  found = nfs_xdr_get_data (&walk.results, NFS4_FHSIZE, &handle->length);
  if (!nfs_rpc_check (&self->nfs, &compound, &walk.results, error))
    return FALSE;
  memcpy (handle->data, found, handle->length);
  return TRUE;
}

/* The names of a path that lead somewhere; (transfer container), each is lent by @parts. */
static GPtrArray *
list_names (char **parts)
{
  GPtrArray *names = g_ptr_array_new ();

  for (gsize i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && !g_str_equal (parts[i], "."))
      g_ptr_array_add (names, parts[i]);
  return names;
}

/* The server has no version 4.0. */
static gboolean
end_without_looking (NfsProbe *self, GError **error)
{
  int minor = self->target->options.minor;

  if (minor == 0)
    return throw_status (self, NFS_STATUS_MINOR_VERSION, error);
  if (minor < 0 && !probe_minor (self, 1, error))
    return FALSE;
  return nfs_steps_end (&self->steps, "%s offers no NFS version 4.0 to look with: the mount will tell", self->nfs.peer);
}

/* @ret_known: whether the path led to an end here; a link and a referral are followed by the mount, not by us. */
static gboolean
probe_mount (NfsProbe *self, Handle *root, gboolean *ret_known, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (self->target->path, "/", -1);
  g_autoptr (GPtrArray) names = list_names (parts);
  guint32 status = NFS_STATUS_OK;
  guint done = 0;

  do
    {
      guint n = MIN (names->len - done, NAMES_MAX);

      if (!look_up (self, root, (char **) names->pdata + done, n, &status, error))
        return FALSE;
      done += n;
    }
  while (status == NFS_STATUS_OK && done < names->len);

  *ret_known = status == NFS_STATUS_OK;
  if (status == NFS_STATUS_MINOR_VERSION)
    return end_without_looking (self, error);
  if (status == NFS_STATUS_SYMLINK || status == NFS_STATUS_MOVED)
    return nfs_steps_end (&self->steps, "%s sends on who asks for \"%s\": the mount will follow", self->nfs.peer,
                          self->target->path);
  if (status != NFS_STATUS_OK)
    return throw_status (self, status, error);
  return nfs_steps_end (&self->steps, "%s gives \"%s\"", self->nfs.peer, self->target->path);
}

static gboolean
probe_attributes (NfsProbe *self, const Handle *root, GError **error)
{
  g_auto (Compound) look = { 0 };
  guint32 n_words;
  guint32 type;

  nfs_steps_begin (&self->steps, "getattr");
  look_begin (&look, root, OP_GETATTR);
  nfs_xdr_put (look.args, 1);
  nfs_xdr_put (look.args, 1 << FATTR4_TYPE);
  if (!look_run (self, &look, error))
    return FALSE;
  n_words = nfs_xdr_get (&look.results);
  nfs_xdr_skip (&look.results, 4 * (gsize) n_words);
  nfs_xdr_get (&look.results);
  type = nfs_xdr_get (&look.results);
  if (!nfs_rpc_check (&self->nfs, &compound, &look.results, error))
    return FALSE;
  if (type != NF4DIR)
    return nfs_cause_throw (error, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "\"%s\" of %s is no directory", self->target->path,
                            self->nfs.peer);
  return nfs_steps_end (&self->steps, "a directory");
}

static gboolean
probe_access (NfsProbe *self, const Handle *root, GError **error)
{
  g_auto (Compound) look = { 0 };
  guint32 granted;

  nfs_steps_begin (&self->steps, "access");
  look_begin (&look, root, OP_ACCESS);
  nfs_xdr_put (look.args, NFS_PROBE_ACCESS);
  if (!look_run (self, &look, error))
    return FALSE;
  nfs_xdr_get (&look.results);
  granted = nfs_xdr_get (&look.results);
  return nfs_rpc_check (&self->nfs, &compound, &look.results, error) && nfs_probe_end_access (self, granted);
}

gboolean
nfs_probe_export_v4 (NfsProbe *self, GError **error)
{
  int minor = self->target->options.minor;
  gboolean known = FALSE;
  Handle root = { 0 };

  nfs_steps_begin (&self->steps, "mount");
  if (minor > 0 && !probe_minor (self, (guint32) minor, error))
    return FALSE;
  if (!probe_mount (self, &root, &known, error))
    return FALSE;
  return !known || (probe_attributes (self, &root, error) && probe_access (self, &root, error));
}

/* ---- what there is room for ---- */

/* In the order in which the answer has them; all are 64 bits wide. */
static const guint32 space_attributes[] = { 21, 22, 23, 42, 43, 44 };

enum
{
  FILES_AVAILABLE,
  FILES_FREE,
  FILES_TOTAL,
  SPACE_AVAILABLE,
  SPACE_FREE,
  SPACE_TOTAL,
  N_SPACE,
};
G_STATIC_ASSERT (G_N_ELEMENTS (space_attributes) == N_SPACE);

#define BITMAP_WORDS 2

static void
read_space (NfsXdr *results, guint64 *values)
{
  guint32 given[BITMAP_WORDS] = { 0 };
  guint32 n_words = nfs_xdr_get (results);

  for (guint32 i = 0; i < n_words && !results->broken; i++)
    {
      guint32 word = nfs_xdr_get (results);

      if (i < BITMAP_WORDS)
        given[i] = word;
    }
  nfs_xdr_get (results);
  for (gsize i = 0; i < N_SPACE; i++)
    if (given[space_attributes[i] / 32] & (1u << (space_attributes[i] % 32)))
      values[i] = nfs_xdr_get_long (results);
}

static gboolean
ask_space (NfsProbe *self, const Handle *root, guint64 *values, GError **error)
{
  guint32 wanted[BITMAP_WORDS] = { 0 };
  g_auto (Compound) look = { 0 };

  for (gsize i = 0; i < N_SPACE; i++)
    wanted[space_attributes[i] / 32] |= 1u << (space_attributes[i] % 32);
  look_begin (&look, root, OP_GETATTR);
  nfs_xdr_put (look.args, BITMAP_WORDS);
  for (gsize i = 0; i < BITMAP_WORDS; i++)
    nfs_xdr_put (look.args, wanted[i]);
  if (!look_run (self, &look, error))
    return FALSE;
  read_space (&look.results, values);
  return nfs_rpc_check (&self->nfs, &compound, &look.results, error);
}

gboolean
nfs_export_v4_measure (NfsProbe *self, KvolUsageInfo *usage, GError **error)
{
  guint64 values[N_SPACE] = { 0 };
  gboolean known = FALSE;
  Handle root = { 0 };

  if (!probe_mount (self, &root, &known, error))
    return FALSE;
  if (!known)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                   "the usage of \"%s\" at %s cannot be asked for: it needs NFS 3 or 4.0, and a path without links",
                   self->target->path, self->nfs.peer);
      return FALSE;
    }
  if (!ask_space (self, &root, values, error))
    return FALSE;
  usage->capacity_bytes = values[SPACE_TOTAL];
  usage->available_bytes = values[SPACE_AVAILABLE];
  usage->used_bytes = values[SPACE_TOTAL] - MIN (values[SPACE_FREE], values[SPACE_TOTAL]);
  usage->inodes = values[FILES_TOTAL];
  usage->inodes_free = values[FILES_FREE];
  usage->inodes_used = values[FILES_TOTAL] - MIN (values[FILES_FREE], values[FILES_TOTAL]);
  return TRUE;
}

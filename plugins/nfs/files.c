/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 1813, section 3.3. A name from the server goes back to it as it came, whatever its bytes are. */
#include "files.h"

#include <nfsc/libnfs-raw-nfs.h>
#include <string.h>

#include "status.h"

#define LIST_BYTES (32 * 1024)
#define NAME_BYTES_MAX 1024

enum
{
  STATUS_NOENT = 2,
  STATUS_EXIST = 17,
};

static const NfsProcedure getattr = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_GETATTR, "GETATTR" };
static const NfsProcedure lookup = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_LOOKUP, "LOOKUP" };
static const NfsProcedure list_names = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_READDIR, "READDIR" };
static const NfsProcedure remove_file = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_REMOVE, "REMOVE" };
static const NfsProcedure remove_dir = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_RMDIR, "RMDIR" };
static const NfsProcedure make_dir = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_MKDIR, "MKDIR" };
static const NfsProcedure rename_file = { "NFS", NFS_PROGRAM, NFS_V3, NFS3_RENAME, "RENAME" };

void
nfs_file_clear (NfsFile *self)
{
  g_clear_pointer (&self->handle, g_byte_array_unref);
}

static GByteArray *
args_of (const NfsFile *dir, const char *name)
{
  GByteArray *args = g_byte_array_new ();

  g_byte_array_append (args, dir->handle->data, dir->handle->len);
  nfs_xdr_put_data (args, name, strlen (name));
  return args;
}

/* Takes @handle. */
static gboolean
file_from_handle (NfsProbe *probe, GByteArray *handle, NfsFile *ret_file, GError **error)
{
  const gsize before_file_system = 4 * 4 + 8 + 8 + 8; /* mode, links, uid, gid; size, used, device */
  g_auto (NfsFile) file = { .handle = handle };
  NfsXdr results;

  if (!nfs_export_v3_ask (probe, &getattr, handle, &results, error))
    return FALSE;
  file.is_dir = nfs_xdr_get (&results) == NF3DIR;
  nfs_xdr_skip (&results, before_file_system);
  file.file_system = nfs_xdr_get_long (&results);
  if (!nfs_rpc_check (&probe->nfs, &getattr, &results, error))
    return FALSE;
  *ret_file = file;
  file = (NfsFile) NFS_FILE_INIT;
  return TRUE;
}

gboolean
nfs_file_open_root (NfsProbe *probe, NfsFile *ret_file, GError **error)
{
  GByteArray *root = nfs_export_v3_open (probe, error);

  return root != NULL && file_from_handle (probe, root, ret_file, error);
}

/* Calls; a status other than OK and @expected is an error. */
static gboolean
ask (NfsProbe *probe, const NfsProcedure *procedure, const GByteArray *args, const char *name, guint32 expected,
     guint32 *ret_status, NfsXdr *ret_results, GError **error)
{
  if (!nfs_export_v3_call (probe, procedure, args, ret_status, ret_results, error))
    return FALSE;
  if (*ret_status == NFS_STATUS_OK || *ret_status == expected)
    return TRUE;

  g_autofree char *shown = g_utf8_make_valid (name, -1);

  return nfs_status_throw (error, *ret_status, &probe->nfs, procedure, shown);
}

gboolean
nfs_file_look_up (NfsProbe *probe, const NfsFile *dir, const char *name, NfsFile *ret_file, gboolean *ret_there,
                  GError **error)
{
  g_autoptr (GByteArray) args = args_of (dir, name);
  g_autoptr (GByteArray) handle = g_byte_array_new ();
  const guint8 *found;
  guint32 status;
  NfsXdr results;
  gsize length;

  if (!ask (probe, &lookup, args, name, STATUS_NOENT, &status, &results, error))
    return FALSE;
  *ret_there = status == NFS_STATUS_OK;
  if (!*ret_there)
    return TRUE;
  found = nfs_xdr_get_data (&results, NFS3_FHSIZE, &length);
  if (!nfs_rpc_check (&probe->nfs, &lookup, &results, error))
    return FALSE;
  nfs_xdr_put_data (handle, found, length);
  return file_from_handle (probe, g_steal_pointer (&handle), ret_file, error);
}

/* ---- the names in a directory ---- */

/* Reads one page; @cookie is where it goes on, and @ret_end whether it does not. */
static gboolean
read_page (NfsProbe *probe, const NfsFile *dir, guint8 *verifier, guint64 *cookie, GPtrArray *names, gboolean *ret_end,
           GError **error)
{
  g_autoptr (GByteArray) args = g_byte_array_new ();
  NfsXdr results;

  g_byte_array_append (args, dir->handle->data, dir->handle->len);
  nfs_xdr_put_long (args, *cookie);
  g_byte_array_append (args, verifier, NFS3_COOKIEVERFSIZE);
  nfs_xdr_put (args, LIST_BYTES);
  if (!nfs_export_v3_ask (probe, &list_names, args, &results, error))
    return FALSE;
  nfs_export_v3_skip_attributes (&results);
  for (gsize i = 0; i < NFS3_COOKIEVERFSIZE; i += 4)
    {
      guint32 word = GUINT32_TO_BE (nfs_xdr_get (&results));

      memcpy (verifier + i, &word, sizeof word);
    }
  while (nfs_xdr_get (&results) != 0)
    {
      gsize length;
      const guint8 *name;

      nfs_xdr_get_long (&results);
      name = nfs_xdr_get_data (&results, NAME_BYTES_MAX, &length);
      *cookie = nfs_xdr_get_long (&results);
      if (name != NULL)
        g_ptr_array_add (names, g_strndup ((const char *) name, length));
    }
  *ret_end = nfs_xdr_get (&results) != 0;
  return nfs_rpc_check (&probe->nfs, &list_names, &results, error);
}

/* A server that says a name which is no single one would have us go elsewhere. */
static void
drop_what_is_no_name (GPtrArray *names)
{
  for (guint i = names->len; i-- > 0;)
    {
      const char *name = names->pdata[i];

      if (*name == '\0' || strchr (name, '/') != NULL || g_str_equal (name, ".") || g_str_equal (name, ".."))
        g_ptr_array_remove_index_fast (names, i);
    }
}

GPtrArray *
nfs_file_list (NfsProbe *probe, const NfsFile *dir, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint8 verifier[NFS3_COOKIEVERFSIZE] = { 0 };
  guint64 cookie = 0;
  gboolean at_end = FALSE;

  while (names->len == 0 && !at_end)
    {
      const guint64 before = cookie;

      if (!read_page (probe, dir, verifier, &cookie, names, &at_end, error))
        return NULL;
      drop_what_is_no_name (names);
      if (names->len == 0 && !at_end && cookie == before)
        {
          nfs_cause_throw (error, NFS_SERVER_FAULT, "%s lists a directory without an end", probe->nfs.peer);
          return NULL;
        }
    }
  return g_steal_pointer (&names);
}

/* ---- changes ---- */

gboolean
nfs_file_remove (NfsProbe *probe, const NfsFile *dir, const char *name, gboolean is_dir, GError **error)
{
  g_autoptr (GByteArray) args = args_of (dir, name);
  guint32 status;
  NfsXdr results;

  return ask (probe, is_dir ? &remove_dir : &remove_file, args, name, STATUS_NOENT, &status, &results, error);
}

/* The handle and the attributes of what was made may be left out. */
static gint64
read_owner (NfsXdr *results)
{
  const gsize before_owner = 4 + 4 + 4; /* type, mode, links */
  gsize length;

  if (nfs_xdr_get (results) != 0)
    nfs_xdr_get_data (results, NFS3_FHSIZE, &length);
  if (nfs_xdr_get (results) == 0)
    return -1;
  nfs_xdr_skip (results, before_owner);
  return nfs_xdr_get (results);
}

gboolean
nfs_file_make_dir (NfsProbe *probe, const NfsFile *dir, const char *name, guint32 mode, gint64 *ret_owner,
                   GError **error)
{
  const gsize n_unset = 5; /* uid, gid, size and both times stay the server's */
  g_autoptr (GByteArray) args = args_of (dir, name);
  guint32 status;
  NfsXdr results;

  nfs_xdr_put (args, TRUE);
  nfs_xdr_put (args, mode);
  for (gsize i = 0; i < n_unset; i++)
    nfs_xdr_put (args, 0);
  if (!ask (probe, &make_dir, args, name, STATUS_EXIST, &status, &results, error))
    return FALSE;
  if (ret_owner == NULL)
    return TRUE;
  *ret_owner = status == NFS_STATUS_OK ? read_owner (&results) : -1;
  return nfs_rpc_check (&probe->nfs, &make_dir, &results, error);
}

gboolean
nfs_file_rename (NfsProbe *probe, const NfsFile *dir, const char *name, const char *new_name, GError **error)
{
  g_autoptr (GByteArray) args = args_of (dir, name);
  g_autoptr (GByteArray) to = args_of (dir, new_name);
  guint32 status;
  NfsXdr results;

  g_byte_array_append (args, to->data, to->len);
  return ask (probe, &rename_file, args, name, NFS_STATUS_OK, &status, &results, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories are named as nfs-subdir-external-provisioner names them, NAMESPACE-CLAIM-VOLUME, and archived as it does,
 * archived-NAME: what one has made the other knows. Nothing is deleted unless "delete" was asked for in so many
 * words. */
#include "control.h"

#include <string.h>

#include "scrub.h"

#define DIRECTORY_MODE 0777

typedef struct
{
  NfsTarget target;
  NfsProbe probe;
  NfsFile root;
} Place;

#define PLACE_INIT                                                                                                     \
  {                                                                                                                    \
    .probe = NFS_PROBE_INIT                                                                                            \
  }

static void
place_clear (Place *self)
{
  nfs_file_clear (&self->root);
  nfs_probe_clear (&self->probe);
  nfs_target_clear (&self->target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static gboolean
is_about_version (const GError *failure)
{
  return g_error_matches (failure, NFS_CAUSE, NFS_VERSION_MISMATCH)
         || g_error_matches (failure, NFS_CAUSE, NFS_PORTMAPPER_UNAVAILABLE);
}

/* Goes to the target, which has been read. */
static gboolean
place_open (Place *self, const NfsControl *control, GCancellable *cancellable, GError **error)
{
  const NfsDeadline deadline = nfs_deadline_after (control->answer_usec, cancellable);
  g_autoptr (GError) failure = NULL;

  self->target.options.version = 3;
  if (nfs_probe_begin (&self->probe, &self->target, &deadline, &failure)
      && nfs_file_open_root (&self->probe, &self->root, &failure))
    return TRUE;
  if (is_about_version (failure))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                 "directories of a server are emptied, made and removed by NFS 3 only: %s", failure->message);
  else
    nfs_cause_propagate (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Ends a call with what the server said. */
static gboolean
end (gboolean good, GError **failure, GError **error)
{
  if (!good)
    nfs_cause_propagate (error, g_steal_pointer (failure));
  return good;
}

/* What comes now takes its own time. */
static NfsScrub
begin_scrub (const NfsControl *control, Place *place)
{
  return (NfsScrub){
    .probe = &place->probe,
    .host = control->host,
    .end = g_get_monotonic_time () + control->scrub_usec,
  };
}

gboolean
nfs_control_scrub (const NfsControl *self, const KvolNodeVolume *volume, GCancellable *cancellable, GError **error)
{
  g_auto (Place) place = PLACE_INIT;
  GError *failure = NULL;
  NfsScrub scrub;

  if (!nfs_target_read (&place.target, volume, error) || !place_open (&place, self, cancellable, error))
    return FALSE;
  scrub = begin_scrub (self, &place);
  return end (nfs_scrub (&scrub, &place.root, &failure), &failure, error);
}

/* ---- a directory for a claim ---- */

/* A string of @dict; @fallback when it has none. It is lent by both. */
static const char *
get_text (GVariant *dict, const char *key, const char *fallback)
{
  const char *text = fallback;

  if (dict != NULL)
    g_variant_lookup (dict, key, "&s", &text);
  return text;
}

static gboolean
check_on_delete (const char *word, GError **error)
{
  static const char *const words[] = { "archive", "delete", "retain", NULL };

  if (g_strv_contains (words, word))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
               "onDelete: Unsupported value: \"%s\": supported values: \"archive\", \"delete\", \"retain\"", word);
  return FALSE;
}

/* NULL when a part is missing, or is no name. */
static char *
dup_directory_name (GVariant *claim, GError **error)
{
  static const char *const keys[] = { "namespace", "name", "volumeName" };
  g_autoptr (GString) name = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *part = get_text (claim, keys[i], "");

      if (*part == '\0' || *part == '.' || strchr (part, '/') != NULL)
        {
          g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: Invalid value: \"%s\"", keys[i], part);
          return NULL;
        }
      g_string_append_printf (name, "%s%s", i > 0 ? "-" : "", part);
    }
  return g_string_free (g_steal_pointer (&name), FALSE);
}

static gboolean
read_target (NfsTarget *target, const char *server, const char *path, const char *const *mount_options, GError **error)
{
  g_autoptr (GVariant) options =
      g_variant_ref_sink (g_variant_new_parsed ("{'server': <%s>, 'path': <%s>}", server, path));
  const KvolNodeVolume volume = { .size = sizeof volume, .options = options, .mount_options = mount_options };

  return nfs_target_read (target, &volume, error);
}

/* What kvol makes for a claim; what others have given the name to is neither handed out nor removed. */
static gboolean
find_directory (Place *place, const char *name, NfsFile *ret_directory, gboolean *ret_there, GError **error)
{
  if (!nfs_file_look_up (&place->probe, &place->root, name, ret_directory, ret_there, error))
    return FALSE;
  if (!*ret_there || (ret_directory->is_dir && ret_directory->file_system == place->root.file_system))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "\"%s\" is not a directory that kvol made; it is left as it is",
               name);
  return FALSE;
}

/* It may be there already, as calls are made again after a crash. */
static gboolean
make_directory (Place *place, const char *name, GError **error)
{
  g_auto (NfsFile) directory = NFS_FILE_INIT;
  gboolean there = FALSE;

  return nfs_file_make_dir (&place->probe, &place->root, name, DIRECTORY_MODE, NULL, error)
         && find_directory (place, name, &directory, &there, error);
}

GVariant *
nfs_control_provision (const NfsControl *self, GVariant *claim, GVariant *storage_class, GCancellable *cancellable,
                       GError **error)
{
  g_autoptr (GVariant) parameters =
      storage_class ? g_variant_lookup_value (storage_class, "parameters", G_VARIANT_TYPE_VARDICT) : NULL;
  g_autofree const char **mount_options = NULL;
  const char *server = get_text (parameters, "server", self->server ? self->server : "");
  const char *share = get_text (parameters, "share", self->path ? self->path : "");
  const char *on_delete = get_text (parameters, "onDelete", "archive");
  g_autofree char *name = dup_directory_name (claim, error);
  g_autofree char *path = NULL;
  g_auto (Place) place = PLACE_INIT;
  GError *failure = NULL;

  if (name == NULL || !check_on_delete (on_delete, error))
    return NULL;
  if (storage_class != NULL)
    g_variant_lookup (storage_class, "mountOptions", "^a&s", &mount_options);
  if (!read_target (&place.target, server, share, mount_options, error)
      || !place_open (&place, self, cancellable, error)
      || !end (make_directory (&place, name, &failure), &failure, error))
    return NULL;
  path = g_build_filename (share, name, NULL);
  return g_variant_ref_sink (
      g_variant_new_parsed ("{'server': <%s>, 'path': <%s>, 'onDelete': <%s>}", server, path, on_delete));
}

/* ---- and its end ---- */

static gboolean
delete_directory (const NfsControl *self, Place *place, const NfsFile *directory, const char *name, GError **error)
{
  NfsScrub scrub = begin_scrub (self, place);

  return nfs_scrub (&scrub, directory, error) && nfs_file_remove (&place->probe, &place->root, name, TRUE, error);
}

static gboolean
do_away (const NfsControl *self, Place *place, const char *name, gboolean archives, GError **error)
{
  g_autofree char *archived = g_strconcat ("archived-", name, NULL);
  g_auto (NfsFile) directory = NFS_FILE_INIT;
  gboolean there = FALSE;

  if (!find_directory (place, name, &directory, &there, error))
    return FALSE;
  if (!there)
    return TRUE;
  return archives ? nfs_file_rename (&place->probe, &place->root, name, archived, error)
                  : delete_directory (self, place, &directory, name, error);
}

/* Makes the target the directory that holds the volume's; answers the volume's name in it. */
static char *
take_name (NfsTarget *target, GError **error)
{
  g_autofree char *name = g_path_get_basename (target->path);
  char *parent;

  /* "/a/b/" is b in /a, and not the b that may be in it. */
  for (gsize i = strlen (target->path); i > 1 && target->path[i - 1] == '/'; i--)
    target->path[i - 1] = '\0';
  parent = g_path_get_dirname (target->path);
  g_free (target->path);
  target->path = parent;
  if (*name != '/' && *name != '.')
    return g_steal_pointer (&name);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "nfs.path: it is no directory that kvol made");
  return NULL;
}

gboolean
nfs_control_remove (const NfsControl *self, const KvolNodeVolume *volume, GCancellable *cancellable, GError **error)
{
  const char *on_delete = get_text (volume->options, "onDelete", "archive");
  g_auto (Place) place = PLACE_INIT;
  g_autofree char *name = NULL;
  GError *failure = NULL;

  if (!check_on_delete (on_delete, error) || !nfs_target_read (&place.target, volume, error))
    return FALSE;
  if (g_str_equal (on_delete, "retain"))
    return TRUE;
  name = take_name (&place.target, error);
  if (name == NULL || !place_open (&place, self, cancellable, error))
    return FALSE;
  return end (do_away (self, &place, name, g_str_equal (on_delete, "archive"), &failure), &failure, error);
}

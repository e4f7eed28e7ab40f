/* SPDX-License-Identifier: MIT */
#include "sources.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "error.h"

static char *
file_path (const char *root)
{
  return g_build_filename (root, "kvol", "store", "sources", NULL);
}

static gboolean
fail (GError **error, const char *act, const char *path, int saved_errno)
{
  g_set_error (error, AGENT_ERROR, AGENT_FAILED, "cannot %s \"%s\": %s", act, path, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
make_directory (const char *root, GError **error)
{
  g_autofree char *own = g_build_filename (root, "kvol", NULL);
  g_autofree char *store = g_build_filename (own, "store", NULL);

  if (g_mkdir (own, 0700) < 0 && errno != EEXIST)
    return fail (error, "make directory", own, errno);
  if (g_mkdir (store, 0700) < 0 && errno != EEXIST)
    return fail (error, "make directory", store, errno);
  return TRUE;
}

GPtrArray *
sources_load (const char *root, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *file = file_path (root);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (file, &text, NULL, &local_error))
    {
      if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_steal_pointer (&paths);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (paths, g_strdup (lines[i]));
  return g_steal_pointer (&paths);
}

static gboolean
is_among (GPtrArray *paths, guint first, const char *path)
{
  for (guint i = first; i < paths->len; i++)
    if (g_str_equal (paths->pdata[i], path))
      return TRUE;
  return FALSE;
}

/* Those of @known that are not given now, then those that are. */
static char *
join (GPtrArray *known, GPtrArray *given)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < known->len; i++)
    if (!is_among (given, 0, known->pdata[i]))
      g_string_append_printf (text, "%s\n", (char *) known->pdata[i]);
  for (guint i = 0; i < given->len; i++)
    if (!is_among (given, i + 1, given->pdata[i]))
      g_string_append_printf (text, "%s\n", (char *) given->pdata[i]);
  return g_string_free (text, FALSE);
}

gboolean
sources_remember (const char *root, GPtrArray *paths, GError **error)
{
  g_autoptr (GPtrArray) known = sources_load (root, error);

  if (known == NULL)
    return FALSE;

  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autofree char *file = file_path (root);
  g_autofree char *before = join (known, none);
  g_autofree char *text = join (known, paths);

  if (g_str_equal (text, before))
    return TRUE;
  return make_directory (root, error)
         && g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gboolean
sources_forget (const char *root, GError **error)
{
  g_autofree char *file = file_path (root);

  if (g_unlink (file) < 0 && errno != ENOENT)
    return fail (error, "remove", file, errno);
  return TRUE;
}

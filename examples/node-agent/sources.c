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

gboolean
sources_remember (const char *root, GPtrArray *paths, GError **error)
{
  g_autoptr (GPtrArray) known = sources_load (root, error);
  gboolean changed = FALSE;

  if (known == NULL)
    return FALSE;
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);

      if (g_ptr_array_find_with_equal_func (known, path, g_str_equal, NULL))
        continue;
      g_ptr_array_add (known, g_strdup (path));
      changed = TRUE;
    }
  if (!changed)
    return TRUE;
  if (!make_directory (root, error))
    return FALSE;

  g_ptr_array_add (known, g_strdup (""));
  g_ptr_array_add (known, NULL);

  g_autofree char *file = file_path (root);
  g_autofree char *text = g_strjoinv ("\n", (char **) known->pdata);

  return g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gboolean
sources_forget (const char *root, GError **error)
{
  g_autofree char *file = file_path (root);

  if (g_unlink (file) < 0 && errno != ENOENT)
    return fail (error, "remove", file, errno);
  return TRUE;
}

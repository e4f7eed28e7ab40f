/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "support/snapshot.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

static char *
dup_content (const char *path, const struct stat *st)
{
  g_autofree char *content = NULL;
  gsize length = 0;

  if (S_ISLNK (st->st_mode))
    return g_file_read_link (path, NULL);
  if (!S_ISREG (st->st_mode) || !g_file_get_contents (path, &content, &length, NULL))
    return NULL;
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, length);
}

static char *
dup_line (const char *path, const struct stat *st, SnapshotDepth depth)
{
  g_autofree char *content = dup_content (path, st);
  g_autofree char *identity = NULL;

  if (depth == SNAPSHOT_IDENTITY)
    identity =
        g_strdup_printf (" %lu %ld.%ld", (gulong) st->st_ino, (glong) st->st_ctim.tv_sec, (glong) st->st_ctim.tv_nsec);
  return g_strdup_printf ("%s\t%o %u:%u %s%s", path, st->st_mode, st->st_uid, st->st_gid,
                          content != NULL ? content : "", identity != NULL ? identity : "");
}

static void
add (const char *path, SnapshotDepth depth, GPtrArray *lines)
{
  struct stat st = { 0 };
  const char *child;

  if (g_lstat (path, &st) < 0)
    return;
  g_ptr_array_add (lines, dup_line (path, &st, depth));
  if (!S_ISDIR (st.st_mode))
    return;

  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  while (dir != NULL && (child = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child_path = g_build_filename (path, child, NULL);

      add (child_path, depth, lines);
    }
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char *
snapshot_dup (const char *dir, SnapshotDepth depth)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  add (dir, depth, lines);
  g_ptr_array_sort (lines, compare);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* More names than this tell nobody more. */
#define MAX_NAMES 3

char *
snapshot_dup_lost (const char *before, const char *after)
{
  g_auto (GStrv) old = g_strsplit (before, "\n", -1);
  g_auto (GStrv) new = g_strsplit (after, "\n", -1);
  GString *names = g_string_new (NULL);
  guint n = 0;

  for (gsize i = 0; old[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) new, old[i]) && n++ < MAX_NAMES)
      g_string_append_printf (names, "%s%.*s", n > 1 ? ", " : "", (int) strcspn (old[i], "\t"), old[i]);
  if (n > MAX_NAMES)
    g_string_append_printf (names, " and %u more", n - MAX_NAMES);
  return g_string_free (names, n == 0);
}

char *
snapshot_dup_mounts (const char *dir)
{
  g_autofree char *table = NULL;
  g_autofree char *inside = g_strconcat (dir, "/", NULL);
  g_auto (GStrv) lines = NULL;
  GString *found = g_string_new (NULL);

  if (!g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL))
    g_error ("cannot read /proc/self/mountinfo");
  lines = g_strsplit (table, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", 6);

      if (g_strv_length (words) == 6 && g_str_has_prefix (words[4], inside))
        g_string_append_printf (found, "%s%s (id %s)", found->len > 0 ? "\n" : "", words[4], words[0]);
    }
  return g_string_free (found, FALSE);
}

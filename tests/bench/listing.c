/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/listing.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* The options' values are left out: a size in bytes is the machine's, not the layout's. */
static char *
option_names (const char *options)
{
  g_auto (GStrv) parts = g_strsplit (options, ",", -1);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      parts[i][strcspn (parts[i], "=")] = '\0';
      g_ptr_array_add (names, parts[i]);
    }
  g_ptr_array_sort (names, compare_lines);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (",", (char **) names->pdata);
}

/* path -> "type flags options" of every mount of this namespace; a later mount covers an earlier one. */
static GHashTable *
read_mounts (void)
{
  GHashTable *mounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *table = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL))
    g_error ("cannot read /proc/self/mountinfo");
  lines = g_strsplit (table, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      const char *end = strstr (lines[i], " - ");
      char point[4096], flags[256], type[64], source[256], options[1024];

      if (end == NULL || sscanf (lines[i], "%*s %*s %*s %*s %4095s %255s", point, flags) != 2
          || sscanf (end, " - %63s %255s %1023s", type, source, options) != 3)
        continue;

      g_autofree char *names = option_names (options);

      g_hash_table_replace (mounts, g_strdup (point), g_strdup_printf ("%s %s %s %s", type, source, flags, names));
    }
  return mounts;
}

static gboolean
is_version (const char *name)
{
  return g_str_has_prefix (name, "..2");
}

static char *
tell_content (const char *path, mode_t mode)
{
  g_autofree char *content = NULL;
  gsize size = 0;

  if (S_ISLNK (mode))
    {
      content = g_file_read_link (path, NULL);
      return g_strdup (is_version (content) ? "..VERSION" : content);
    }
  if (!S_ISREG (mode) || !g_file_get_contents (path, &content, &size, NULL))
    return g_strdup ("");
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guint8 *) content, size);
}

static void
add_entries (GPtrArray *lines, GHashTable *mounts, const char *dir, const char *told)
{
  g_autoptr (GDir) entries = g_dir_open (dir, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);
      g_autofree char *shown = g_build_filename (told, is_version (name) ? "..VERSION" : name, NULL);
      g_autofree char *content = NULL;
      const char *mount = g_hash_table_lookup (mounts, path);
      struct stat info;

      if (lstat (path, &info) < 0)
        continue;
      content = tell_content (path, info.st_mode);
      g_ptr_array_add (lines, g_strdup_printf ("%s %o %u:%u %s %s", shown, info.st_mode, info.st_uid, info.st_gid,
                                               content, mount != NULL ? mount : "-"));
      if (S_ISDIR (info.st_mode))
        add_entries (lines, mounts, path, shown);
    }
}

char *
listing_new (const char *dir)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) mounts = read_mounts ();

  add_entries (lines, mounts, dir, "");
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* A few lines tell as much as a hundred. */
#define MAX_SHOWN 8

static void
add_missing (GString *text, const char *who, const char *from, const char *in)
{
  g_auto (GStrv) lines = g_strsplit (from, "\n", -1);
  g_auto (GStrv) others = g_strsplit (in, "\n", -1);
  guint missing = 0;

  for (gsize i = 0; lines[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) others, lines[i]) && missing++ < MAX_SHOWN)
      g_string_append_printf (text, "only %s: %s\n", who, lines[i]);
  if (missing > MAX_SHOWN)
    g_string_append_printf (text, "only %s: %u more\n", who, missing - MAX_SHOWN);
}

char *
listing_dup_difference (const char *a_name, const char *a, const char *b_name, const char *b)
{
  GString *text = g_string_new (NULL);

  if (strcmp (a, b) != 0)
    {
      add_missing (text, a_name, a, b);
      add_missing (text, b_name, b, a);
      if (text->len == 0)
        g_string_append (text, "a line occurs more often on one side\n");
    }
  return g_string_free (text, text->len == 0);
}

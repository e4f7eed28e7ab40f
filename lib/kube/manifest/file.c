/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "manifest/reader.h"

/* Directories within each other. */
#define DEEPEST 32

static void
report_errno (KubeReport *report, const char *path, int error)
{
  kube_report_begin_file (report, path);
  kube_report_text (report, KVOL_KUBE_ERROR, 0, "cannot be read: %s", g_strerror (error));
}

/* The content may be secret: it is read without a buffer between, into memory that is not moved, and wiped. Untouched
 * pages of that memory cost nothing. */
static void
read_content (KubeReport *report, const char *path, FILE *file, KubeFileFunc each, gpointer data)
{
  g_autofree char *bytes = g_malloc (KUBE_MAX_FILE + 1);
  gsize length;
  int error;

  setvbuf (file, NULL, _IONBF, 0);
  length = fread (bytes, 1, KUBE_MAX_FILE + 1, file);
  error = ferror (file) ? errno : 0;
  if (error != 0)
    report_errno (report, path, error);
  else
    {
      kube_report_begin_file (report, path);
      each (bytes, length, data);
    }
  explicit_bzero (bytes, length);
}

static void
read_file (KubeReport *report, const char *path, KubeFileFunc each, gpointer data)
{
  FILE *file = fopen (path, "re");
  GStatBuf info;

  if (file == NULL)
    report_errno (report, path, errno);
  else if (g_stat (path, &info) == 0 && info.st_size > KUBE_MAX_FILE)
    {
      /* It is refused by its length alone, without being read. */
      kube_report_begin_file (report, path);
      each ("", info.st_size, data);
    }
  else
    read_content (report, path, file, each, data);
  if (file != NULL)
    fclose (file);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_names (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  GPtrArray *names;
  const char *name;

  if (dir == NULL)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (*name != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_dir_close (dir);
  g_ptr_array_sort (names, compare_names);
  return names;
}

static gboolean
is_manifest (const char *name)
{
  return g_str_has_suffix (name, ".yaml") || g_str_has_suffix (name, ".yml") || g_str_has_suffix (name, ".json");
}

static void
read_directory (KubeReport *report, const char *path, guint depth, KubeFileFunc each, gpointer data)
{
  g_autoptr (GPtrArray) names = depth < DEEPEST ? list_names (path) : NULL;

  if (names == NULL)
    {
      report_errno (report, path, depth < DEEPEST ? errno : ELOOP);
      return;
    }
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);
      GStatBuf info;

      if (g_lstat (child, &info) == 0 && S_ISDIR (info.st_mode))
        read_directory (report, child, depth + 1, each, data);
      /* A pipe among the files would keep us waiting. */
      else if (is_manifest (names->pdata[i]) && (g_stat (child, &info) != 0 || S_ISREG (info.st_mode)))
        read_file (report, child, each, data);
    }
}

void
kube_files_read (KubeReport *report, const char *path, KubeFileFunc each, gpointer data)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    read_directory (report, path, 0, each, data);
  else
    read_file (report, path, each, data);
}

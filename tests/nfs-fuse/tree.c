/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#define PART (128 << 10)

static void
describe_content (GString *text, int dir, const char *path)
{
  KVOL_AUTO_FD fd = openat (dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);
  g_autofree guint8 *buffer = g_malloc (PART);
  ssize_t n = fd < 0 ? -1 : 1;

  while (n > 0)
    {
      n = read (fd, buffer, PART);
      if (n > 0)
        g_checksum_update (sum, buffer, n);
    }
  g_string_append_printf (text, " %s", n < 0 ? g_strerror (errno) : g_checksum_get_string (sum));
}

static void
describe_link (GString *text, int dir, const char *path)
{
  char target[PATH_MAX];
  ssize_t n = readlinkat (dir, path, target, sizeof target - 1);

  target[MAX (n, 0)] = '\0';
  g_string_append_printf (text, " -> %s", n < 0 ? g_strerror (errno) : target);
}

char *
tree_describe_entry (int dir, const char *path)
{
  GString *text = g_string_new (path);
  struct stat status;

  if (fstatat (dir, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
    {
      g_string_append_printf (text, " absent (%s)", g_strerror (errno));
      return g_string_free (text, FALSE);
    }
  g_string_append_printf (text, " %06o %u:%u %lu", status.st_mode, status.st_uid, status.st_gid,
                          (unsigned long) status.st_nlink);
  if (!S_ISDIR (status.st_mode))
    g_string_append_printf (text, " %ld", (long) status.st_size);
  if (S_ISREG (status.st_mode))
    describe_content (text, dir, path);
  else if (S_ISLNK (status.st_mode))
    describe_link (text, dir, path);
  return g_string_free (text, FALSE);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list (int dir, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int fd = openat (dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *open = fd < 0 ? NULL : fdopendir (fd);
  struct dirent *entry;

  if (open == NULL)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "list %s: %s", path, g_strerror (errno));
      return NULL;
    }
  while ((entry = readdir (open)) != NULL)
    if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, "..")
        && !g_str_has_prefix (entry->d_name, ".nfs"))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (open);
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static gboolean
describe_below (GString *text, int dir, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = list (dir, path, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *below = g_str_equal (path, ".") ? g_strdup (name) : g_build_filename (path, name, NULL);
      g_autofree char *line = tree_describe_entry (dir, below);
      struct stat status;

      g_string_append_printf (text, "%s\n", line);
      if (fstatat (dir, below, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (status.st_mode)
          && !describe_below (text, dir, below, error))
        return FALSE;
    }
  return names != NULL;
}

char *
tree_describe (int dir, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!describe_below (text, dir, ".", error))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
tree_dup_difference (const char *mirror, const char *volume)
{
  g_auto (GStrv) a = g_strsplit (mirror, "\n", -1);
  g_auto (GStrv) b = g_strsplit (volume, "\n", -1);
  gsize i = 0;

  while (a[i] != NULL && b[i] != NULL && g_str_equal (a[i], b[i]))
    i++;
  if (a[i] == NULL && b[i] == NULL)
    return NULL;
  return g_strdup_printf ("\"%s\" became \"%s\"", a[i] != NULL ? a[i] : "", b[i] != NULL ? b[i] : "");
}

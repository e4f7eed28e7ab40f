/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory to publish into; files written down as one line, and what is there afterwards read back as one line.
 *
 *     "bar:0400=text|foo/zip@1000=more"      mode 0644 and no owner unless they are said
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <gio/gio.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/rows.h"
#include "support/scratch.h"
#include "sys/contents.h"
#include "sys/publish.h"

typedef struct {
  char         *dir;
  int           fd;        /* O_PATH, as the engine has it */
  SysPublished *published;
} PublishPlace;

static inline PublishPlace *
publish_place_new (void)
{
  PublishPlace *self = g_new0 (PublishPlace, 1);

  self->dir = scratch_dir ("publish");
  self->fd = open (self->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (self->fd >= 0);
  return self;
}

static inline void
publish_place_free (PublishPlace *self)
{
  close (self->fd);
  sys_published_free (self->published);
  g_free (self->dir);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PublishPlace, publish_place_free)

/* Forgets what was published, as a start of the program does. */
static inline void
publish_place_restart (PublishPlace *self)
{
  g_clear_pointer (&self->published, sys_published_free);
}

typedef struct
{
  char **items; /* what the files point into */
  KvolFile *files;
  gsize n_files;
} PublishFiles;

static inline void
publish_files_clear (PublishFiles *self)
{
  g_strfreev (self->items);
  g_free (self->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PublishFiles, publish_files_clear)

/* The files of one line; "" is none. */
static inline PublishFiles
publish_files (const char *line)
{
  char **items = g_strsplit (line, "|", -1);
  PublishFiles files = { items, g_new0 (KvolFile, g_strv_length (items)), g_strv_length (items) };

  for (gsize i = 0; items[i] != NULL; i++)
    {
      char *content = strchr (items[i], '='), *end;
      guint32 mode = 0644;
      gint64 uid = -1;

      assert_non_null (content);
      *content++ = '\0';
      if ((end = strchr (items[i], '@')) != NULL)
        {
          *end++ = '\0';
          uid = g_ascii_strtoll (end, NULL, 10);
        }
      if ((end = strchr (items[i], ':')) != NULL)
        {
          *end++ = '\0';
          mode = strtoul (end, NULL, 8);
        }
      files.files[i] = (KvolFile){ sizeof (KvolFile), items[i], content, strlen (content), uid, mode, 0 };
    }
  return files;
}

static inline gboolean
publish_place_try (PublishPlace *self, const char *line, gint64 gid, const char *stamp, GError **error)
{
  g_auto (PublishFiles) files = publish_files (line);

  return sys_publish (self->fd, files.files, files.n_files, gid, stamp, &self->published, NULL, error);
}

static inline void
publish_place_must (PublishPlace *self, const char *line)
{
  g_autoptr (GError) error = NULL;

  if (!publish_place_try (self, line, -1, NULL, &error))
    fail_msg ("publishing \"%s\": %s", line, error->message);
}

static inline int
publish_compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static inline GPtrArray *
publish_list (int dir_fd, const char *path)
{
  int fd = openat (dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  struct dirent *found;

  while (dir != NULL && (found = readdir (dir)) != NULL)
    if (!g_str_equal (found->d_name, ".") && !g_str_equal (found->d_name, ".."))
      g_ptr_array_add (names, g_strdup (found->d_name));
  if (dir != NULL)
    closedir (dir);
  g_ptr_array_sort (names, publish_compare_names);
  return names;
}

static inline void
publish_dump_into (GString *line, int dir_fd, const char *path, const char *shown)
{
  g_autoptr (GPtrArray) names = publish_list (dir_fd, path);

  if (names->len == 0 && *shown != '\0')
    g_string_append_printf (line, "%s%s empty", line->len > 0 ? "|" : "", shown);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *below = g_strconcat (path, "/", names->pdata[i], NULL);
      g_autofree char *name = g_strconcat (shown, *shown != '\0' ? "/" : "", names->pdata[i], NULL);
      char content[4096] = "";
      struct stat st;

      assert_int_equal (fstatat (dir_fd, below, &st, AT_SYMLINK_NOFOLLOW), 0);
      if (S_ISDIR (st.st_mode))
        {
          publish_dump_into (line, dir_fd, below, name);
          continue;
        }

      KVOL_AUTO_FD fd = openat (dir_fd, below, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

      g_string_append_printf (line, "%s%s", line->len > 0 ? "|" : "", name);
      if ((st.st_mode & 07777) != 0644)
        g_string_append_printf (line, ":%04o", st.st_mode & 07777);
      assert_true (fd >= 0 && read (fd, content, sizeof (content) - 1) >= 0);
      g_string_append_printf (line, "=%s", content);
    }
}

/* All that a reader of ..data sees, in the order of the names. */
static inline char *
publish_place_dup_seen (PublishPlace *self)
{
  GString *line = g_string_new (NULL);

  publish_dump_into (line, self->fd, "..data", "");
  return g_string_free (line, FALSE);
}

/* The names in the directory itself: "foo" is a link to "..data/foo", VERSION what ..data names; anything else says
 * so. */
static inline char *
publish_place_dup_root (PublishPlace *self)
{
  g_autoptr (GPtrArray) names = publish_list (self->fd, ".");
  GString *line = g_string_new (NULL);
  char current[256] = "";

  if (readlinkat (self->fd, "..data", current, sizeof (current) - 1) < 0)
    g_string_append (line, "no-data");
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *ours = g_strconcat ("..data/", name, NULL);
      char target[512] = "";
      gboolean is_link = readlinkat (self->fd, name, target, sizeof (target) - 1) >= 0;

      g_string_append (line, line->len > 0 ? " " : "");
      if (g_str_equal (name, current) && !is_link)
        g_string_append (line, "VERSION");
      else if (g_str_equal (name, "..data") || g_str_equal (target, ours))
        g_string_append (line, name);
      else
        g_string_append_printf (line, "%s%s%s", name, is_link ? "->" : "", target);
    }
  return g_string_free (line, FALSE);
}

static inline char *
publish_place_dup_version (PublishPlace *self)
{
  char current[256] = "";

  assert_true (readlinkat (self->fd, "..data", current, sizeof (current) - 1) >= 0);
  return g_strdup (current);
}

static inline void
publish_place_assert (PublishPlace *self, const char *seen, const char *root)
{
  g_autofree char *found_seen = publish_place_dup_seen (self);
  g_autofree char *found_root = publish_place_dup_root (self);

  assert_string_equal (found_seen, seen);
  assert_string_equal (found_root, root);
}

/* Makes an entry by hand: @path ends with "/" (a directory), or has "->target" or "=content". */
static inline void
publish_place_plant (PublishPlace *self, const char *what)
{
  g_autofree char *name = g_strdup (what);
  char *rest;

  if (g_str_has_suffix (name, "/"))
    {
      assert_int_equal (mkdirat (self->fd, name, 0755), 0);
      return;
    }
  if ((rest = strstr (name, "->")) != NULL)
    {
      *rest = '\0';
      assert_int_equal (symlinkat (rest + 2, self->fd, name), 0);
      return;
    }
  rest = strchr (name, '=');
  assert_non_null (rest);
  *rest++ = '\0';

  KVOL_AUTO_FD fd = openat (self->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  assert_true (fd >= 0 && write (fd, rest, strlen (rest)) == (ssize_t) strlen (rest));
}

/* Several of them, one after the other, separated by spaces. */
static inline void
publish_place_plant_all (PublishPlace *self, const char *list)
{
  g_auto (GStrv) items = g_strsplit (list, " ", -1);

  for (gsize i = 0; items[i] != NULL; i++)
    if (*items[i] != '\0')
      publish_place_plant (self, items[i]);
}

/* Enters the scratch space and runs the tests, or says why not. */
static inline int
publish_run_tests (const char *group, GArray *tests)
{
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - %s # SKIP %s\n", group, reason);
      return 0;
    }
  return rows_run (group, tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/call.h"
#include "sys/error.h"

/* The kernel says EAGAIN when something on the way was renamed while it looked. Whoever renames without end gets the
 * error and not our time. */
#define TRIES_MAX 64

#define LISTING_SIZE (32 * 1024)

int
sys_openat2 (int dir_fd, const char *path, int flags, mode_t mode, guint64 resolve)
{
  /* open() adds O_LARGEFILE by itself where that is a question; with O_PATH openat2() would refuse it. */
  const int added = O_CLOEXEC | (flags & O_PATH ? 0 : O_LARGEFILE);
  const SysOpenHow how = { .flags = (guint64) (flags | added), .mode = mode, .resolve = resolve };
  int fd = -1;

  for (unsigned tries = 0; fd < 0 && tries < TRIES_MAX; tries++)
    {
      fd = sys_call_openat2 (dir_fd, path, &how);
      if (fd < 0 && errno != EAGAIN)
        return -1;
    }
  return fd;
}

int
sys_open_beneath (int dir_fd, const char *path, int flags, mode_t mode, SysBeneathFlags how, GError **error)
{
  guint64 resolve = SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_MAGICLINKS;

  if (how & SYS_BENEATH_NO_LINKS)
    {
      resolve |= SYS_RESOLVE_NO_SYMLINKS;
      /* O_PATH with O_NOFOLLOW opens a link at the end as such, also where no link may be. */
      flags &= ~O_NOFOLLOW;
    }
  if (how & SYS_BENEATH_NO_XDEV)
    resolve |= SYS_RESOLVE_NO_XDEV;

  int fd = sys_openat2 (dir_fd, path, flags, mode, resolve);

  return fd >= 0 ? fd : sys_throw_fd (error, "open \"%s\"", path);
}

/* Opens what mkdirat() has made, or found: a directory and nothing else. One that was made and cannot be opened is
 * taken back. */
static int
open_dir_at (int dir_fd, const char *name, int flags, gboolean made, GError **error)
{
  int fd = openat (dir_fd, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0)
    return fd;
  sys_throw_fd (error, "open directory \"%s\"", name);
  if (made)
    {
      int number = errno;

      unlinkat (dir_fd, name, AT_REMOVEDIR);
      errno = number;
    }
  return -1;
}

int
sys_make_dir_at (int dir_fd, const char *name, mode_t mode, gboolean *ret_made, GError **error)
{
  gboolean made = mkdirat (dir_fd, name, mode) == 0;

  if (!made && errno != EEXIST)
    return sys_throw_fd (error, "create directory \"%s\"", name);

  int fd = open_dir_at (dir_fd, name, O_PATH, made, error);

  if (fd >= 0 && ret_made != NULL)
    *ret_made = made;
  return fd;
}

/* Between the two calls somebody who may write here can exchange the new directory for another one of his own (never
 * for a link: it is opened without following one), which then gets the mode and the group. */
static int
make_exact_dir_at (int dir_fd, const char *name, mode_t mode, gint64 gid, GError **error)
{
  gboolean made = mkdirat (dir_fd, name, mode) == 0;

  if (!made && errno != EEXIST)
    return sys_throw_fd (error, "create directory \"%s\"", name);

  KVOL_AUTO_FD fd = open_dir_at (dir_fd, name, made ? O_RDONLY : O_PATH, made, error);

  if (fd < 0)
    return -1;
  if (made && ((gid >= 0 && fchown (fd, (uid_t) -1, (gid_t) gid) < 0) || fchmod (fd, mode) < 0))
    {
      sys_throw_fd (error, "set owner and mode of directory \"%s\"", name);
      unlinkat (dir_fd, name, AT_REMOVEDIR);
      return -1;
    }
  return g_steal_fd (&fd);
}

int
sys_make_dirs_beneath (int dir_fd, const char *path, mode_t mode, gint64 gid, GError **error)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);
  KVOL_AUTO_FD at = -1;

  if (g_strv_contains ((const char *const *) names, ".."))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "path \"%s\" must not contain '..'", path);
      return -1;
    }
  for (gsize i = 0; names[i] != NULL; i++)
    {
      if (*names[i] == '\0' || g_str_equal (names[i], "."))
        continue;

      int next = make_exact_dir_at (at >= 0 ? at : dir_fd, names[i], mode, gid, error);

      kvol_clear_fd (&at);
      at = next;
      if (at < 0)
        return -1;
    }
  return at >= 0 ? g_steal_fd (&at) : open_dir_at (dir_fd, ".", O_PATH, FALSE, error);
}

gboolean
sys_remove_dir_at (int dir_fd, const char *name, GError **error)
{
  if (unlinkat (dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
    return TRUE;
  /* Some file systems say of a directory with something in it that it exists. */
  if (errno == EEXIST)
    errno = ENOTEMPTY;
  return sys_throw (error, "remove directory \"%s\"", name);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
add_names (GPtrArray *names, const char *buffer, gssize length)
{
  for (gssize offset = 0; offset < length;)
    {
      const struct dirent64 *found = (const struct dirent64 *) (buffer + offset);

      offset += found->d_reclen;
      if (!g_str_equal (found->d_name, ".") && !g_str_equal (found->d_name, ".."))
        g_ptr_array_add (names, g_strdup (found->d_name));
    }
}

char **
sys_list_dir (int dir_fd, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *buffer = g_malloc (LISTING_SIZE);
  /* "." of a descriptor is never what was mounted over it since; and it can be read where the descriptor cannot. */
  KVOL_AUTO_FD fd = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gssize length;

  if (fd < 0)
    {
      sys_throw (error, "open a directory to list it");
      return NULL;
    }
  while ((length = getdents64 (fd, buffer, LISTING_SIZE)) > 0)
    add_names (names, buffer, length);
  if (length < 0)
    {
      sys_throw (error, "list a directory");
      return NULL;
    }

  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

gboolean
sys_lies_in (int fd, int of_fd)
{
  KVOL_AUTO_FD at = openat (fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat wanted = { 0 };
  struct stat here = { 0 };
  struct stat below = { 0 };

  if (at < 0 || fstat (of_fd, &wanted) < 0 || fstat (at, &here) < 0)
    return FALSE;
  /* The root is its own parent. */
  while (here.st_ino != below.st_ino || here.st_dev != below.st_dev)
    {
      if (here.st_ino == wanted.st_ino && here.st_dev == wanted.st_dev)
        return TRUE;
      below = here;

      int up = openat (at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

      kvol_clear_fd (&at);
      at = up;
      if (at < 0 || fstat (at, &here) < 0)
        return FALSE;
    }
  return FALSE;
}

gboolean
sys_name_is_single (const char *name)
{
  gsize length = strlen (name);

  return length > 0 && length <= NAME_MAX && !g_str_equal (name, ".") && !g_str_equal (name, "..")
         && strchr (name, '/') == NULL;
}

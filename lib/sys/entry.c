/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <kvol/kvol-macros.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/error.h"

int
sys_entry_make_dir (int dir_fd, const char *name, mode_t mode, gboolean *ret_made, GError **error)
{
  gboolean made = mkdirat (dir_fd, name, mode) == 0;

  if (!made && errno != EEXIST)
    return sys_throw_fd (error, "create directory \"%s\"", name);

  KVOL_AUTO_FD fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0)
    return sys_throw_fd (error, "open directory \"%s\"", name);
  /* The umask is the whole process's, so it is beaten here and not changed. */
  if (made && fchmod (fd, mode) < 0)
    {
      sys_throw_fd (error, "set the mode of directory \"%s\"", name);
      unlinkat (dir_fd, name, AT_REMOVEDIR);
      return -1;
    }
  if (ret_made != NULL)
    *ret_made = made;
  return g_steal_fd (&fd);
}

int
sys_entry_open_dir (int dir_fd, const char *name, GError **error)
{
  int fd = openat (dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  return fd >= 0 ? fd : sys_throw_fd (error, "open directory \"%s\"", name);
}

gboolean
sys_entry_find_dir (int dir_fd, const char *name, int *ret_fd, GError **error)
{
  *ret_fd = sys_entry_open_dir (dir_fd, name, NULL);
  return *ret_fd >= 0 || errno == ENOENT || sys_throw (error, "open directory \"%s\"", name);
}

gboolean
sys_entry_touch (int dir_fd, const char *name, mode_t mode, GError **error)
{
  /* mknod makes a regular file without opening it: one call instead of two. */
  if (mknodat (dir_fd, name, S_IFREG | mode, 0) < 0 && errno != EEXIST)
    return sys_throw (error, "create file \"%s\"", name);
  return TRUE;
}

gboolean
sys_entry_unlink (int dir_fd, const char *name, GError **error)
{
  if (unlinkat (dir_fd, name, 0) < 0 && errno != ENOENT)
    return sys_throw (error, "remove file \"%s\"", name);
  return TRUE;
}

gboolean
sys_entry_stat (int fd, SysEntry *ret_entry, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) < 0)
    return sys_throw (error, "look at an open file");
  *ret_entry = (SysEntry){
    .mode = info.st_mode, .gid = info.st_gid, .dev = info.st_dev, .ino = info.st_ino, .size = info.st_size
  };
  return TRUE;
}

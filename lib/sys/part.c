/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/part.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-macros.h>
#include <string.h>

#include "sys/beneath.h"
#include "sys/entry.h"
#include "sys/error.h"

/* Opens the longest part of @path that exists, links inside followed; *@ret_rest is what is missing. */
static int
open_existing_prefix (int root_fd, const char *path, const char **ret_rest, GError **error)
{
  g_autofree char *prefix = g_strdup (path);

  for (;;)
    {
      char *slash = strrchr (prefix, '/');

      if (slash == NULL)
        break;
      *slash = '\0';
      if (*prefix == '\0')
        continue;

      int fd = sys_open_beneath (root_fd, prefix, O_PATH | O_DIRECTORY, 0, SYS_BENEATH_DEFAULT, NULL);

      *ret_rest = path + (slash - prefix) + 1;
      if (fd >= 0 || errno != ENOENT)
        return fd >= 0 ? fd : sys_throw_fd (error, "open \"%s\" in the volume", prefix);
    }
  *ret_rest = path;
  return sys_open_beneath (root_fd, ".", O_PATH | O_DIRECTORY, 0, SYS_BENEATH_DEFAULT, error);
}

int
sys_part_open (int root_fd, const char *path, GError **error)
{
  int fd = sys_open_beneath (root_fd, path, O_PATH, 0, SYS_BENEATH_DEFAULT, NULL);
  SysEntry root = { 0 };
  const char *rest = NULL;

  if (fd >= 0)
    return fd;
  if (errno != ENOENT)
    return sys_throw_fd (error, "open subPath \"%s\"", path);

  KVOL_AUTO_FD prefix = open_existing_prefix (root_fd, path, &rest, error);

  if (prefix < 0 || !sys_entry_stat (root_fd, &root, error))
    return -1;
  return sys_make_dirs_beneath (prefix, rest, root.mode & 07777, -1, error);
}

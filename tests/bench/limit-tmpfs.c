/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bench/limit-call.h"

gboolean
limit_tmpfs_has_noswap (void)
{
  int fs = MUST (fsopen ("tmpfs", FSOPEN_CLOEXEC));
  gboolean has = fsconfig (fs, FSCONFIG_SET_FLAG, "noswap", NULL, 0) == 0;

  close (fs);
  return has;
}

int
limit_tmpfs_new (const char *size, gboolean has_noswap, const char *nr_inodes)
{
  int fs = MUST (fsopen ("tmpfs", FSOPEN_CLOEXEC));
  int tree;

  MUST (fsconfig (fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0));
  MUST (fsconfig (fs, FSCONFIG_SET_STRING, "size", size, 0));
  if (has_noswap)
    MUST (fsconfig (fs, FSCONFIG_SET_FLAG, "noswap", NULL, 0));
  if (nr_inodes != NULL)
    MUST (fsconfig (fs, FSCONFIG_SET_STRING, "nr_inodes", nr_inodes, 0));
  MUST (fsconfig (fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
  tree = MUST (fsmount (fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  MUST (close (fs));
  return tree;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/crowd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/limit-call.h"

struct _Crowd
{
  char *dir;
};

Crowd *
crowd_new (const char *dir, guint n_mounts)
{
  Crowd *self = g_new0 (Crowd, 1);
  int dir_fd;

  self->dir = g_strdup (dir);
  MUST (mkdir (self->dir, 0755));
  MUST (mount ("tmpfs", self->dir, "tmpfs", 0, NULL));
  dir_fd = MUST (open (self->dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
  MUST (mkdirat (dir_fd, "source", 0755));
  for (guint i = 0; i < n_mounts; i++)
    {
      char name[16];
      int tree = MUST (open_tree (dir_fd, "source", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));

      snprintf (name, sizeof name, "%u", i);
      MUST (mkdirat (dir_fd, name, 0755));
      MUST (move_mount (tree, "", dir_fd, name, MOVE_MOUNT_F_EMPTY_PATH));
      MUST (close (tree));
    }
  MUST (close (dir_fd));
  return self;
}

void
crowd_free (Crowd *self)
{
  /* All of it in one go: nobody uses any of it. */
  MUST (umount2 (self->dir, MNT_DETACH));
  MUST (rmdir (self->dir));
  g_free (self->dir);
  g_free (self);
}

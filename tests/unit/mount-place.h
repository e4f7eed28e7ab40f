/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts in a place: hung on its names, looked up, unmounted. */
#pragma once

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/place.h"
#include "sys/mount.h"
#include "sys/tree.h"

static inline void
hang (const Place *place, const char *name, int tree)
{
  KVOL_AUTO_FD target = openat (place->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

  assert_true (tree >= 0);
  assert_true (sys_tree_hang (tree, target, NULL));
}

static inline void
hang_tmpfs (const Place *place, const char *name)
{
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", NULL, NULL, NULL);

  hang (place, name, tree);
}

static inline void
bind (const Place *place, const char *source, const char *name)
{
  KVOL_AUTO_FD tree = sys_tree_clone (place->fd, source, FALSE, NULL);

  hang (place, name, tree);
}

static inline SysMountInfo
look_up (const Place *place, const char *name)
{
  SysMountInfo info = { 0 };

  assert_true (sys_mount_lookup (place->fd, name, &info, NULL));
  assert_true (sys_mount_id_is_set (&info.mount));
  return info;
}

static inline void
unmount (const Place *place, const char *name)
{
  assert_true (sys_unmount_at (place->fd, name, NULL));
}

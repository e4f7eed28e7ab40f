/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a file system holds. */
#pragma once

#include <glib.h>

typedef struct {
  guint64 capacity;    /* bytes */
  guint64 available;   /* bytes, to whoever is not privileged */
  guint64 inodes;
  guint64 inodes_free;
} SysSpace;

/* Of the file system that @fd is on (O_PATH will do). Asks the file system: not for storage that may hang. */
gboolean sys_space_of_fd (int fd, SysSpace *ret_space, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a directory: deleting it, counting it. Both stay on the mount they began on. */
#pragma once

#include <gio/gio.h>

/* Deletes everything in @dir_fd, not the directory. Refuses to step onto another mount (the error names it), does
 * not follow links, holds a bounded number of descriptors however deep the tree is. What is already gone is
 * success. */
gboolean sys_remove_contents (int dir_fd, GCancellable *cancellable, GError **error);

typedef struct {
  guint64 bytes;
  guint64 inodes;
} SysContents;

/* Disk space and inodes of @dir_fd and all below it; a hard link counts once. */
gboolean sys_measure_contents (int dir_fd, SysContents *ret, GCancellable *cancellable, GError **error);

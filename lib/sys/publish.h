/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Atomic publication of a set of files (upstream pkg/volume/util/atomic_writer.go): a reader that follows ..data
 * sees exactly one complete version, and a file never changes in place. */
#pragma once

#include <kvol/kvol-abi.h>

/* What was published last, as remembered: enough to know without reading that nothing has changed. */
typedef struct _SysPublished SysPublished;

void sys_published_free (SysPublished *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SysPublished, sys_published_free)

/* Makes @dir_fd hold exactly @files (of this library's own struct size). Nothing is touched when a path is wrong or
 * when content and set of names are the same already. @gid (-1: none) is the group of all of it, with the bits of a
 * read-only volume. @stamp names what the files were made from, or NULL. @published, in and out, is what this
 * function answered last for this directory, or points to NULL. */
gboolean sys_publish (int dir_fd, const KvolFile *files, gsize n_files, gint64 gid, const char *stamp,
                      SysPublished **published, GCancellable *cancellable, GError **error);

/* How closely to look. */
typedef enum {
  SYS_LOOK_AT_DIRECTORY, /* one readlink and one stat: is it still this version, with these links */
  SYS_LOOK_AT_FILES,     /* and one stat for each file: has nobody touched it */
} SysLook;

/* Whether the files of @stamp are there as they were published. @self may be NULL. */
gboolean sys_published_is_current (const SysPublished *self, int dir_fd, const char *stamp, SysLook look);

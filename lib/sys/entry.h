/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries that kvol makes in directories of its own: one name, made and unmade. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Makes the directory @name with exactly @mode, whatever the umask is, and opens it O_RDONLY|O_DIRECTORY|O_NOFOLLOW.
 * One that is there already keeps its mode. @ret_made: whether it was made now; may be NULL. */
int sys_entry_make_dir (int dir_fd, const char *name, mode_t mode, gboolean *ret_made, GError **error);

/* Opens the directory @name, O_PATH|O_DIRECTORY|O_NOFOLLOW; on a mount point: the mounted root. */
int sys_entry_open_dir (int dir_fd, const char *name, GError **error);

/* The same, but where there is nothing of that name the answer is TRUE and -1 in @ret_fd. */
gboolean sys_entry_find_dir (int dir_fd, const char *name, int *ret_fd, GError **error);

/* Makes the empty regular file @name (@mode subject to umask); one that is there already is kept. */
gboolean sys_entry_touch (int dir_fd, const char *name, mode_t mode, GError **error);

/* Removes the single name @name that is not a directory. TRUE also when it is not there. */
gboolean sys_entry_unlink (int dir_fd, const char *name, GError **error);

typedef struct {
  guint32 mode;
  guint32 gid;
  guint64 dev;
  guint64 ino;
  guint64 size;
} SysEntry;

/* What the open file @fd is (O_PATH will do). Asks the file system: not for storage that may hang. */
gboolean sys_entry_stat (int fd, SysEntry *ret_entry, GError **error);

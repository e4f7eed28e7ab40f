/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount as a descriptor: made, given its attributes, hung. Closing the descriptor before that undoes all. */
#pragma once

#include <gio/gio.h>

/* A new file system of @fs_type, nosuid and nodev, detached. @source may be NULL; @options are "key=value" or
 * "key" each, or NULL. Errors carry the kernel's own words, and the keys but not the values of options: INVALID_SPEC
 * for options that it refuses, NOT_SUPPORTED for a type that it does not know. */
int sys_tree_create (const char *fs_type, const char *source, const char *const *options, GError **error);

/* A bind of @path beneath @dir_fd (links lead nowhere else), or of @dir_fd itself with "": nosuid, nodev, detached. */
int sys_tree_clone (int dir_fd, const char *path, gboolean recursive, GError **error);

/* A bind of the file or directory that @fd is, detached, with just the attributes that its mount has: for what belongs
 * to the host and not to a volume. */
int sys_tree_copy (int fd, GError **error);

/* Makes the whole detached tree read-only. */
gboolean sys_tree_set_read_only (int tree_fd, GError **error);

/* Hangs the tree on the directory or file that @target_fd (O_PATH) is. The caller closes @tree_fd after: while
 * it is open the mount is busy. */
gboolean sys_tree_hang (int tree_fd, int target_fd, GError **error);

/* Whether this process can make tmpfs with noswap (6.4, and not in a user namespace). Asked once, by making one that is
 * attached nowhere. */
gboolean sys_tree_has_noswap (void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names below a directory that is held as a descriptor. Nothing here follows a path twice. */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <sys/types.h>

typedef enum {
  SYS_BENEATH_DEFAULT  = 0,
  SYS_BENEATH_NO_LINKS = 1 << 0, /* no symbolic link on the way, nor at the end */
  SYS_BENEATH_NO_XDEV  = 1 << 1, /* does not step onto another mount: EXDEV */
} SysBeneathFlags;

/* Opens @path below @dir_fd with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS; O_CLOEXEC is added. Answers the
 * descriptor or -1 with errno kept. @path must not be empty. FORBIDDEN (EXDEV, ELOOP) when it would lead out, or over
 * a link where none may be. To open more than a directory without O_PATH is to wait for whoever opens the other end
 * of a FIFO, unless O_NONBLOCK says otherwise. */
int sys_open_beneath (int dir_fd, const char *path, int flags, mode_t mode, SysBeneathFlags how, GError **error);

/* openat2() with O_CLOEXEC, without a GError, for callers that decide by errno; @mode is 0 unless something is made.
 * Tries again, a bounded number of times, while others rename what is on the way (EAGAIN). */
int sys_openat2 (int dir_fd, const char *path, int flags, mode_t mode, guint64 resolve);

/* Makes the single directory @name (subject to umask; success when it is one already), and opens it
 * O_PATH|O_DIRECTORY|O_NOFOLLOW; on a mount point: the mounted root. @ret_made: whether it was made; may be NULL. */
int sys_make_dir_at (int dir_fd, const char *name, mode_t mode, gboolean *ret_made, GError **error);

/* mkdir -p of @path below @dir_fd, component by component, links not followed, ".." refused (INVALID_SPEC); every
 * directory that is made gets exactly @mode, whatever the umask is (and @gid, when >= 0). Answers the last one, good
 * for use as a directory and no more. */
int sys_make_dirs_beneath (int dir_fd, const char *path, mode_t mode, gint64 gid, GError **error);

/* Removes the single empty directory @name. TRUE also when it is not there. BUSY when it is not empty or a
 * mount is on it. */
gboolean sys_remove_dir_at (int dir_fd, const char *name, GError **error);

/* The names in @dir_fd (an O_PATH descriptor will do), without "." and "..", sorted, read without stat. ABSENT when it
 * has been removed. */
char **sys_list_dir (int dir_fd, GError **error);

/* Whether the directory @fd is, or lies somewhere below, the directory @of_fd, along "..". */
gboolean sys_lies_in (int fd, int of_fd);

/* Whether @name is safe as a single path component: not empty, ".", "..", no "/", at most 255 bytes. */
gboolean sys_name_is_single (const char *name);

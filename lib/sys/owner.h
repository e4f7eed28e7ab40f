/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fsGroup (upstream pkg/volume/volume_linux.go): a group for everything in a volume, and bits that let it in. */
#pragma once

#include <gio/gio.h>

typedef enum { SYS_OWNER_READ_WRITE, SYS_OWNER_READ_ONLY } SysOwnerAccess;
typedef enum { SYS_OWNER_ALWAYS, SYS_OWNER_ON_ROOT_MISMATCH } SysOwnerPolicy;

/* Gives @dir_fd and everything below it to @gid: bits are added, never removed; links are not followed, their
 * targets keep their mode; the root comes last, so that a broken-off walk is seen. Does not leave the mount.
 * chown and chmod failures are ignored, as upstream's are. */
gboolean sys_owner_apply (int dir_fd, gint64 gid, SysOwnerAccess access, SysOwnerPolicy policy,
                          GCancellable *cancellable, GError **error);

/* The same for the one inode that @fd is. */
void sys_owner_apply_one (int fd, gint64 gid, SysOwnerAccess access);

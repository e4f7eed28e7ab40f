/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount is it, and unmounting it. Mounts are known by id, never by path. */
#pragma once

#include <glib.h>

/* What identifies a mount on this boot. Where the kernel has no unique id (before 6.8, or KVOL_NO_STATMOUNT=1 in the
 * environment) @id is the small one, which the next mount may get again after an unmount; the device, and a mark of the
 * file that was asked about, tell the two apart, so ask about a mount's root. All zero: none known. */
typedef struct {
  guint64 id;
  guint64 dev;
  guint64 root;
} SysMountId;

typedef struct {
  gboolean   is_mount_root;
  gboolean   is_dir;
  guint64    dev;   /* which file it is: as fstat() says, and as far as the kernel knows without asking */
  guint64    ino;
  SysMountId mount; /* of the mount that the name resolves to */
} SysMountInfo;

/* Asks about @name below @dir_fd (or @dir_fd itself with ""), not following a link at the end, without touching
 * the storage behind it. FALSE with ABSENT when it is not there. @name may be a path through directories that nobody
 * else can change. */
gboolean sys_mount_lookup (int dir_fd, const char *name, SysMountInfo *ret_info, GError **error);

/* Of any descriptor, also of a detached tree: it keeps its id when it is hung. */
gboolean sys_mount_id_of_fd (int fd, SysMountId *ret_id, GError **error);

gboolean sys_mount_id_equal (const SysMountId *a, const SysMountId *b);
gboolean sys_mount_id_is_set (const SysMountId *id);

/* Unmounts what is mounted on the single name @name below @dir_fd, UMOUNT_NOFOLLOW, never lazily, never by force.
 * FALSE with BUSY while it is in use; that nothing is mounted there is an error too. */
gboolean sys_unmount_at (int dir_fd, const char *name, GError **error);

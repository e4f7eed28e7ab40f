/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that the C libraries of the field have no function for, or headers too old for, called by number with
 * constants and structs of our own: what this machine's headers know does not decide what kvol can do. Each answers
 * what the kernel answers, -1 with errno. Those that only look, or only open, are repeated after EINTR; those that
 * change something are not. */
#pragma once

#include <fcntl.h>
#include <glib.h>

#define SYS_CALL_NO_AUTOMOUNT   0x0800u /* AT_NO_AUTOMOUNT */
#define SYS_CALL_NO_FOLLOW      0x0100u /* AT_SYMLINK_NOFOLLOW */
#define SYS_CALL_EMPTY_PATH     0x1000u /* AT_EMPTY_PATH */
#define SYS_CALL_FORCE_SYNC     0x2000u /* AT_STATX_FORCE_SYNC */
#define SYS_CALL_DONT_SYNC      0x4000u /* AT_STATX_DONT_SYNC */
#define SYS_CALL_RECURSIVE      0x8000u /* AT_RECURSIVE */

/* ---- openat2 (5.6) ---- */

#define SYS_RESOLVE_NO_XDEV       0x01u
#define SYS_RESOLVE_NO_MAGICLINKS 0x02u
#define SYS_RESOLVE_NO_SYMLINKS   0x04u
#define SYS_RESOLVE_BENEATH       0x08u

typedef struct {
  guint64 flags;
  guint64 mode;
  guint64 resolve;
} SysOpenHow;
G_STATIC_ASSERT (sizeof (SysOpenHow) == 24);

int sys_call_openat2 (int dir_fd, const char *path, const SysOpenHow *how);

/* ---- statx, with the mount id (5.8), the unique one (6.8) ---- */

#define SYS_STATX_TYPE          0x0001u
#define SYS_STATX_MTIME         0x0040u
#define SYS_STATX_INO           0x0100u
#define SYS_STATX_MNT_ID        0x1000u
#define SYS_STATX_MNT_ID_UNIQUE 0x4000u

#define SYS_STATX_ATTR_MOUNT_ROOT 0x2000u

typedef struct {
  guint32 mask;
  guint32 block_size;
  guint64 attributes;
  guint32 n_links;
  guint32 uid;
  guint32 gid;
  guint16 mode;
  guint16 padding;
  guint64 ino;
  guint64 size;
  guint64 blocks;
  guint64 attributes_mask;
  guint64 times[8];
  guint32 rdev_major;
  guint32 rdev_minor;
  guint32 dev_major;
  guint32 dev_minor;
  guint64 mount_id;
  guint64 rest[13];
} SysStatx;
G_STATIC_ASSERT (sizeof (SysStatx) == 256);
G_STATIC_ASSERT (G_STRUCT_OFFSET (SysStatx, mount_id) == 0x90);

int sys_call_statx (int dir_fd, const char *path, unsigned flags, unsigned mask, SysStatx *ret);

/* ---- file systems as descriptors (5.2) ---- */

#define SYS_FSOPEN_CLOEXEC      0x1u
#define SYS_FSMOUNT_CLOEXEC     0x1u
#define SYS_FSCONFIG_SET_FLAG   0u
#define SYS_FSCONFIG_SET_STRING 1u
#define SYS_FSCONFIG_CREATE     6u

int sys_call_fsopen   (const char *fs_type, unsigned flags);
int sys_call_fsconfig (int context_fd, unsigned command, const char *key, const char *value, int aux);
int sys_call_fsmount  (int context_fd, unsigned flags, unsigned attributes);

/* ---- mounts as descriptors (5.2), and their attributes (5.12) ---- */

#define SYS_OPEN_TREE_CLONE   0x00001u
#define SYS_OPEN_TREE_CLOEXEC ((unsigned) O_CLOEXEC) /* its value is the architecture's */

#define SYS_MOVE_MOUNT_FROM_EMPTY_PATH 0x04u
#define SYS_MOVE_MOUNT_TO_EMPTY_PATH   0x40u

#define SYS_MOUNT_ATTR_READ_ONLY 0x1u
#define SYS_MOUNT_ATTR_NOSUID    0x2u
#define SYS_MOUNT_ATTR_NODEV     0x4u
#define SYS_MOUNT_ATTR_NOEXEC    0x8u

#define SYS_MOUNT_ATTR_ATIME_ALL   0x70u
#define SYS_MOUNT_ATTR_NOATIME     0x10u
#define SYS_MOUNT_ATTR_STRICTATIME 0x20u
#define SYS_MOUNT_ATTR_NODIRATIME  0x80u

typedef struct {
  guint64 set;
  guint64 clear;
  guint64 propagation;
  guint64 userns_fd;
} SysMountAttr;
G_STATIC_ASSERT (sizeof (SysMountAttr) == 32);

int sys_call_open_tree     (int dir_fd, const char *path, unsigned flags);
int sys_call_move_mount    (int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int sys_call_mount_setattr (int dir_fd, const char *path, unsigned flags, const SysMountAttr *attr);

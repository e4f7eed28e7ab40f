/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls that change files and mounts or look at them, and how each may fail: memory (ENOMEM), storage (EIO,
 * ENOSPC, EROFS), limits (EMFILE), permission, an old kernel (ENOSYS), somebody else in the way (EBUSY). EINTR is there
 * where the kernel may really answer it. */

#include "support/supervisor.h"

#include <errno.h>
#include <sys/syscall.h>

/* Newer than the headers of the oldest system this is built on; the numbers are the same on all architectures. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#define __NR_listmount 458
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif

/* clang-format off */
#define CALL(name, path_arg, ...)  { __NR_##name, #name, path_arg, FALSE, { __VA_ARGS__ } }
#define ON_FILE(name, ...)         { __NR_##name, #name, -1, TRUE, { __VA_ARGS__ } }

const SupervisorCall supervisor_calls[] = {
#ifdef __NR_open
  CALL (open, 0, EMFILE, EACCES, EIO),
  CALL (creat, 0, EMFILE, ENOSPC),
  CALL (mkdir, 0, ENOSPC, EROFS),
  CALL (rmdir, 0, EBUSY, EIO),
  CALL (unlink, 0, EIO, EROFS),
  CALL (rename, 1, ENOSPC, EIO),
  CALL (symlink, 1, ENOSPC, EIO),
  CALL (link, 1, ENOSPC, EPERM),
  CALL (readlink, 0, EIO),
  CALL (chmod, 0, EPERM, EIO),
  CALL (chown, 0, EPERM, EIO),
  CALL (lchown, 0, EPERM, EIO),
  CALL (stat, 0, EIO, EACCES),
  CALL (lstat, 0, EIO, EACCES),
  CALL (mknod, 0, ENOSPC, EPERM),
#endif
  CALL (openat, 1, EMFILE, EACCES, EIO),
  CALL (openat2, 1, EMFILE, EAGAIN, EIO),
  CALL (mkdirat, 1, ENOSPC, EROFS, EMLINK),
  CALL (mknodat, 1, ENOSPC, EPERM),
  CALL (unlinkat, 1, EBUSY, EIO, EROFS),
#ifdef __NR_renameat
  CALL (renameat, 3, ENOSPC, EIO),
#endif
  CALL (renameat2, 3, ENOSPC, EIO),
  CALL (symlinkat, 2, ENOSPC, EIO),
  CALL (linkat, 3, ENOSPC, EPERM),
  CALL (readlinkat, 1, EIO, ENOMEM),
  CALL (fchmod, -1, EPERM, EIO),
  CALL (fchmodat, 1, EPERM, EIO),
  CALL (fchmodat2, 1, EPERM, EIO),
  CALL (fchown, -1, EPERM, EIO),
  CALL (fchownat, 1, EPERM, EIO),
  ON_FILE (write, ENOSPC, EIO),
  ON_FILE (writev, ENOSPC, EIO),
  ON_FILE (pwrite64, ENOSPC, EIO),
  ON_FILE (pwritev, ENOSPC, EIO),
  ON_FILE (ftruncate, ENOSPC, EIO),
  ON_FILE (fallocate, ENOSPC, EOPNOTSUPP),
  ON_FILE (copy_file_range, ENOSPC, EXDEV),
  CALL (fsync, -1, EIO, ENOSPC),
  CALL (fdatasync, -1, EIO, ENOSPC),
  CALL (memfd_create, 0, EMFILE, ENOMEM),
  CALL (fsopen, 0, ENOMEM, EPERM, ENODEV),
  CALL (fsconfig, -1, ENOMEM, EINVAL),
  CALL (fsmount, -1, ENOMEM, EPERM),
  CALL (fspick, 1, ENOMEM, EPERM),
  CALL (open_tree, 1, ENOMEM, EPERM, EINVAL),
  CALL (open_tree_attr, 1, ENOMEM, ENOSYS),
  CALL (move_mount, 3, ENOMEM, EBUSY, EINVAL),
  CALL (mount_setattr, 1, EPERM, EINVAL),
  CALL (mount, 1, ENOMEM, EPERM),
  CALL (umount2, 0, EBUSY, EIO, EINVAL),
  CALL (statmount, -1, ENOMEM, EPERM, ENOSYS),
  CALL (listmount, -1, ENOMEM, EPERM, ENOSYS),
  CALL (statx, 1, EIO, EACCES),
  CALL (newfstatat, 1, EIO, EACCES),
  CALL (fstat, -1, EIO),
  CALL (statfs, 0, EIO, ENOMEM),
  CALL (fstatfs, -1, EIO, ENOMEM),
  CALL (getdents64, -1, EIO, ENOENT),
};
/* clang-format on */

const gsize supervisor_n_calls = G_N_ELEMENTS (supervisor_calls);

const SupervisorCall *
supervisor_find_call (int nr)
{
  for (gsize i = 0; i < supervisor_n_calls; i++)
    if (supervisor_calls[i].nr == nr)
      return &supervisor_calls[i];
  return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/call.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int
sys_call_openat2 (int dir_fd, const char *path, const SysOpenHow *how)
{
  return (int) TEMP_FAILURE_RETRY (syscall (SYS_openat2, dir_fd, path, how, sizeof *how));
}

int
sys_call_statx (int dir_fd, const char *path, unsigned flags, unsigned mask, SysStatx *ret)
{
  return (int) TEMP_FAILURE_RETRY (syscall (SYS_statx, dir_fd, path, flags, mask, ret));
}

int
sys_call_fsopen (const char *fs_type, unsigned flags)
{
  return (int) TEMP_FAILURE_RETRY (syscall (SYS_fsopen, fs_type, flags));
}

int
sys_call_fsconfig (int context_fd, unsigned command, const char *key, const char *value, int aux)
{
  return (int) syscall (SYS_fsconfig, context_fd, command, key, value, aux);
}

int
sys_call_fsmount (int context_fd, unsigned flags, unsigned attributes)
{
  return (int) syscall (SYS_fsmount, context_fd, flags, attributes);
}

int
sys_call_open_tree (int dir_fd, const char *path, unsigned flags)
{
  return (int) TEMP_FAILURE_RETRY (syscall (SYS_open_tree, dir_fd, path, flags));
}

int
sys_call_move_mount (int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
  return (int) syscall (SYS_move_mount, from_fd, from, to_fd, to, flags);
}

int
sys_call_mount_setattr (int dir_fd, const char *path, unsigned flags, const SysMountAttr *attr)
{
  return (int) syscall (SYS_mount_setattr, dir_fd, path, flags, attr, sizeof *attr);
}

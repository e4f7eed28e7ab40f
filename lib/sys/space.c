/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/space.h"

#include <sys/statfs.h>

#include "sys/error.h"

gboolean
sys_space_of_fd (int fd, SysSpace *ret_space, GError **error)
{
  struct statfs fs;

  if (fstatfs (fd, &fs) < 0)
    return sys_throw (error, "ask a file system for its size");
  *ret_space = (SysSpace){
    .capacity = (guint64) fs.f_blocks * (guint64) fs.f_bsize,
    .available = (guint64) fs.f_bavail * (guint64) fs.f_bsize,
    .inodes = fs.f_files,
    .inodes_free = fs.f_ffree,
  };
  return TRUE;
}

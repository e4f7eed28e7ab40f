/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operations.h"

#include "device.h"
#include "file-lock.h"

#define BACKGROUND_MAX 64
/* Of Linux 6.18. A write past the cache lets go of what it replaces there, before it and after it; kernels before, and
 * the first ones of this version, may keep what was read meanwhile. */
#define DIRECT_MINOR 45

static void
initialise (void *data, struct fuse_conn_info *connection)
{
  Volume *volume = data;

  /* Libfuse wants it unasked: the kernel would leave it to open() to empty the file. */
  connection->want &= ~(unsigned) FUSE_CAP_ATOMIC_O_TRUNC;
  connection->want |= connection->capable
                      & (FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO | FUSE_CAP_READDIRPLUS | FUSE_CAP_PARALLEL_DIROPS
                         | FUSE_CAP_AUTO_INVAL_DATA);
  /* What the kernel keeps to write later, nobody else may change meanwhile. */
  if (volume->settings->single_writer)
    connection->want |= connection->capable & FUSE_CAP_WRITEBACK_CACHE;
  else
    volume->direct = connection->proto_minor >= DIRECT_MINOR;
  /* Libfuse wants both unasked. What is not the server's is the kernel's. */
  if (!volume->settings->posix_locks)
    connection->want &= ~(unsigned) FUSE_CAP_POSIX_LOCKS;
  if (!volume->settings->flock_locks)
    connection->want &= ~(unsigned) FUSE_CAP_FLOCK_LOCKS;
  connection->max_write = (unsigned) volume->settings->transfer;
  connection->max_readahead = (unsigned) volume->settings->transfer;
  connection->max_background = BACKGROUND_MAX;
  connection->congestion_threshold = BACKGROUND_MAX * 3 / 4;
  connection->time_gran = 1;
  device_greet (volume);
}

/* What is left out NFS 3 does not have: the kernel answers EOPNOTSUPP to extended attributes and fallocate. */
const struct fuse_lowlevel_ops operations = {
  .init = initialise,
  .lookup = name_lookup,
  .forget = inode_forget,
  .forget_multi = inode_forget_multi,
  .getattr = inode_getattr,
  .setattr = inode_setattr,
  .access = rights_access,
  .readlink = inode_readlink,
  .mknod = name_mknod,
  .mkdir = name_mkdir,
  .unlink = removal_unlink,
  .rmdir = removal_rmdir,
  .symlink = name_symlink,
  .rename = removal_rename,
  .link = name_link,
  .open = file_open,
  .create = file_create,
  .read = file_read,
  .write_buf = file_write,
  .flush = file_flush,
  .fsync = file_fsync,
  .release = file_release,
  .getlk = file_lock_get,
  .setlk = file_lock_set,
  .flock = file_lock_flock,
  .opendir = directory_open,
  .readdir = directory_read,
  .readdirplus = directory_read_plus,
  .releasedir = directory_release,
  .fsyncdir = directory_fsync,
  .statfs = inode_statfs,
};

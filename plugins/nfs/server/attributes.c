/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define FUSE_USE_VERSION 312
#include "attributes.h"

#include <errno.h>
#include <fuse_lowlevel.h>
#include <sys/sysmacros.h>

#define BLOCK 512

static const struct
{
  nfsstat3 status;
  int number;
} statuses[] = {
  { NFS3_OK, 0 },
  { NFS3ERR_PERM, EPERM },
  { NFS3ERR_NOENT, ENOENT },
  { NFS3ERR_IO, EIO },
  { NFS3ERR_NXIO, ENXIO },
  { NFS3ERR_ACCES, EACCES },
  { NFS3ERR_EXIST, EEXIST },
  { NFS3ERR_XDEV, EXDEV },
  { NFS3ERR_NODEV, ENODEV },
  { NFS3ERR_NOTDIR, ENOTDIR },
  { NFS3ERR_ISDIR, EISDIR },
  { NFS3ERR_INVAL, EINVAL },
  { NFS3ERR_FBIG, EFBIG },
  { NFS3ERR_NOSPC, ENOSPC },
  { NFS3ERR_ROFS, EROFS },
  { NFS3ERR_MLINK, EMLINK },
  { NFS3ERR_NAMETOOLONG, ENAMETOOLONG },
  { NFS3ERR_NOTEMPTY, ENOTEMPTY },
  { NFS3ERR_DQUOT, EDQUOT },
  { NFS3ERR_STALE, ESTALE },
  { NFS3ERR_REMOTE, EREMOTE },
  { NFS3ERR_BADHANDLE, ESTALE },
  { NFS3ERR_NOT_SYNC, EBUSY },
  { NFS3ERR_BAD_COOKIE, EINVAL },
  { NFS3ERR_NOTSUPP, EOPNOTSUPP },
  { NFS3ERR_TOOSMALL, EIO },
  { NFS3ERR_SERVERFAULT, EIO },
  { NFS3ERR_BADTYPE, EINVAL },
  { NFS3ERR_JUKEBOX, EAGAIN },
};

int
attributes_errno (nfsstat3 status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (statuses[i].status == status)
      return statuses[i].number;
  return EIO;
}

static mode_t
type_bits (ftype3 type)
{
  switch (type)
    {
    case NF3DIR:
      return S_IFDIR;
    case NF3BLK:
      return S_IFBLK;
    case NF3CHR:
      return S_IFCHR;
    case NF3LNK:
      return S_IFLNK;
    case NF3SOCK:
      return S_IFSOCK;
    case NF3FIFO:
      return S_IFIFO;
    default:
      return S_IFREG;
    }
}

static struct timespec
to_timespec (nfstime3 time)
{
  return (struct timespec){ .tv_sec = time.seconds, .tv_nsec = time.nseconds };
}

/* The protocol's seconds begin in 1970 and end in 2106. What is outside is taken for the end that is nearer, without
 * nanoseconds, as Linux's own client does; so is that second itself. */
static nfstime3
from_timespec (struct timespec time)
{
  const gint64 seconds = CLAMP ((gint64) time.tv_sec, 0, G_MAXUINT32);

  return (nfstime3){ .seconds = (u_int) seconds,
                     .nseconds = seconds == 0 || seconds == G_MAXUINT32 ? 0 : (u_int) time.tv_nsec };
}

void
attributes_to_stat (const fattr3 *from, struct stat *to)
{
  *to = (struct stat){
    .st_ino = from->fileid,
    .st_mode = type_bits (from->type) | (from->mode & 07777),
    .st_nlink = from->nlink,
    .st_uid = from->uid,
    .st_gid = from->gid,
    .st_rdev = makedev (from->rdev.specdata1, from->rdev.specdata2),
    .st_size = (off_t) from->size,
    .st_blocks = (blkcnt_t) (from->used / BLOCK + (from->used % BLOCK != 0)),
    .st_atim = to_timespec (from->atime),
    .st_mtim = to_timespec (from->mtime),
    .st_ctim = to_timespec (from->ctime),
  };
}

void
attributes_from_stat (const struct stat *from, int to_set, sattr3 *to)
{
  *to = (sattr3){ 0 };
  to->mode.set_it = (to_set & FUSE_SET_ATTR_MODE) != 0;
  to->mode.set_mode3_u.mode = from->st_mode & 07777;
  to->uid.set_it = (to_set & FUSE_SET_ATTR_UID) != 0;
  to->uid.set_uid3_u.uid = from->st_uid;
  to->gid.set_it = (to_set & FUSE_SET_ATTR_GID) != 0;
  to->gid.set_gid3_u.gid = from->st_gid;
  to->size.set_it = (to_set & FUSE_SET_ATTR_SIZE) != 0;
  to->size.set_size3_u.size = (size3) from->st_size;
  if (to_set & FUSE_SET_ATTR_ATIME_NOW)
    to->atime.set_it = SET_TO_SERVER_TIME;
  else if (to_set & FUSE_SET_ATTR_ATIME)
    to->atime = (set_atime){ SET_TO_CLIENT_TIME, { from_timespec (from->st_atim) } };
  if (to_set & FUSE_SET_ATTR_MTIME_NOW)
    to->mtime.set_it = SET_TO_SERVER_TIME;
  else if (to_set & FUSE_SET_ATTR_MTIME)
    to->mtime = (set_mtime){ SET_TO_CLIENT_TIME, { from_timespec (from->st_mtim) } };
}

void
attributes_from_mode (mode_t mode, sattr3 *to)
{
  attributes_from_stat (&(struct stat){ .st_mode = mode }, FUSE_SET_ATTR_MODE, to);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel asks of a file system, one function for each request (fuse_lowlevel.h says what they mean). */
#pragma once

#include "call.h"

/* An open file. */
typedef struct {
  Node     *node;
  Identity *identity;  /* who opened it: reads and writes it also when others do so for him */
  gboolean  direct;    /* it is written to past the kernel's cache */
  guint     faults;    /* of the node, as far as this file was told */
  GArray   *lockers;   /* (element-type FileLocker) that may have locks by it, of the node's lock; NULL: none */
} File;

static inline File *
file_get (const struct fuse_file_info *info)
{
  return (File *) (gpointer) info->fh;
}

/* Of a read or write with these flags. Its parts may be on their way at the same time then, and the kernel waits for
 * all of them without an ear for signals. */
gboolean file_is_past_cache (const File *self, int flags);

extern const struct fuse_lowlevel_ops operations;

/* The most that the kernel reads or writes by one request. */
#define OPERATIONS_TRANSFER_MAX (1024u * 1024)
/* The longest request, with what is before the data. */
#define OPERATIONS_REQUEST_MAX (OPERATIONS_TRANSFER_MAX + 4096)

/* inode.c */
void inode_forget       (fuse_req_t req, fuse_ino_t ino, uint64_t times);
void inode_forget_multi (fuse_req_t req, size_t n, struct fuse_forget_data *forgets);
void inode_getattr      (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void inode_setattr      (fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *info);
void inode_readlink     (fuse_req_t req, fuse_ino_t ino);
void inode_statfs       (fuse_req_t req, fuse_ino_t ino);
/* Of a getattr or a setattr, which ends. */
void inode_reply_attributes (Call *self, const fattr3 *attributes);

/* name.c: what makes names and finds them */
void name_lookup  (fuse_req_t req, fuse_ino_t parent, const char *name);
void name_mkdir   (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void name_mknod   (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void name_symlink (fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void name_link    (fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name);

/* removal.c: what takes names away */
void removal_unlink (fuse_req_t req, fuse_ino_t parent, const char *name);
void removal_rmdir  (fuse_req_t req, fuse_ino_t parent, const char *name);
void removal_rename (fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
                     const char *new_name, unsigned flags);
/* A node that was unlinked while it was open is closed, or the volume ends (@at_end): the name goes under which it
 * lived on. Not while it is open. */
void removal_of_silly_name  (Loop *loop, Node *node, gboolean at_end);
void removal_of_silly_names (Loop *loop);

/* file.c */
void file_open    (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void file_write   (fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *data, off_t offset,
                   struct fuse_file_info *info);
void file_flush   (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void file_fsync   (fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info);
void file_release (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
/* Each open file is told once that something was lost: 0 or an errno for the call's `file`. */
int  file_take_fault (Call *self);

/* One that the kernel gets open as the call asked, which is told by @ret_info. */
File *file_new   (const Call *call, Node *node, struct fuse_file_info *ret_info);
/* The last one takes the name with it under which the node lived on. */
void  file_close (File *self, Loop *loop);

/* file-create.c */
void file_create (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *info);

/* file-read.c */
void file_read (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info);

/* append.c: a write, of a file that was opened with these flags */
void append_write (Call *call, int flags);

/* rights.c */
void rights_access (fuse_req_t req, fuse_ino_t ino, int wanted);

/* directory.c */
void directory_open    (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void directory_read    (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info);
void directory_read_plus (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info);
void directory_release (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void directory_fsync   (fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests for locks that the server keeps. A lock is also the point at which what others have written is seen, and
 * what was written here is safe at the server: on the way to it everything is committed, and what the kernel has cached
 * of the file is dropped when it is given. */
#pragma once

#include "operations.h"

/* Somebody who locks by an open file: all that a process has open, or an open file alone. */
typedef struct {
  guint64  key;    /* the kernel's */
  gboolean flock;
} FileLocker;

void file_lock_get   (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, struct flock *lock);
void file_lock_set   (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, struct flock *lock, int sleep);
void file_lock_flock (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, int operation);

/* A process has closed the file: its locks of fcntl(2) end when everything is committed, whatever became of that; then
 * the call is answered. */
void file_lock_begin_flush (Call *call, File *file, guint64 key);
void file_lock_end_flush   (Call *call, int failure);
/* Nobody has the file open any more. */
void file_lock_release (Loop *loop, File *file);

/* The volume is going: who waits for a lock does not get it. */
void file_lock_leave (Loop *loop);

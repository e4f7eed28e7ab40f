/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long something may take in all, whatever its steps wait for. */
#pragma once

#include <gio/gio.h>

typedef struct {
  gint64        end;         /* monotonic, µs */
  GCancellable *cancellable; /* or NULL */
} NfsDeadline;

/* @usec from now. */
NfsDeadline nfs_deadline_after (gint64 usec, GCancellable *cancellable);

/* Milliseconds until @until (monotonic) and the deadline, whichever is first; 0: none. */
guint nfs_deadline_get_left (const NfsDeadline *self, gint64 until);

typedef enum {
  NFS_WAIT_FAILED = -1, /* @error is set: it was cancelled */
  NFS_WAIT_LATE,
  NFS_WAIT_READY,
} NfsWait;

/* Waits until @fd is ready for one of @events, at the longest until @until (monotonic) and the deadline. */
NfsWait nfs_deadline_await (const NfsDeadline *self, int fd, gushort events, gint64 until, GError **error);

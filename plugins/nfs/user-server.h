/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that serves a volume, as it is written down: found again by whoever reads the record. */
#pragma once

#include <glib.h>

typedef struct {
  gint64  pid;
  guint64 start;      /* in clock ticks after the boot: with the pid it names one process */
  guint32 connection; /* of FUSE: the minor number of its file system's device */
} NfsUserServer;

/* Of the process of a pidfd. FALSE when it has ended. */
gboolean nfs_user_server_init (NfsUserServer *self, int pidfd);

/* (transfer floating): a{sv} */
GVariant *nfs_user_server_to_record   (const NfsUserServer *self);
/* FALSE when the record is no server's. */
gboolean  nfs_user_server_from_record (NfsUserServer *self, GVariant *record);

/* A pidfd; or -1: that process has ended, or, with *@ret_ended FALSE, it cannot be told now. */
int nfs_user_server_open (const NfsUserServer *self, gboolean *ret_ended);

/* At once, whatever it does. FALSE when it is still there a while later. */
gboolean nfs_user_server_kill (int pidfd);

/* Ends it: waits until it has ended by itself, for @usec; then has the kernel end its connection, which frees
 * everybody who waits for it; then kills it. FALSE when it is still there after all, as far as anybody can tell. */
gboolean nfs_user_server_end (const NfsUserServer *self, gint64 usec);

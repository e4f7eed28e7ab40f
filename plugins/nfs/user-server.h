/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that serves a volume, as it is written down: found again by whoever reads the record. */
#pragma once

#include <glib.h>

#define NFS_BOOT_SIZE 37 /* of a boot's name, and its end */

typedef struct {
  gint64  pid;
  guint64 start;               /* in clock ticks after the boot: with the pid it names one process of it */
  guint64 pid_space;           /* the namespace that has the pid: elsewhere the number is another's, or nobody's; */
  guint64 time_space;          /* and the one by whose clock it has begun. 0 of both: not said */
  char    boot[NFS_BOOT_SIZE]; /* "": not said */
  guint32 connection;          /* of FUSE: the minor number of its file system's device */
} NfsUserServer;

/* What there is to know of it. */
typedef enum {
  NFS_SERVER_LIVES,
  NFS_SERVER_ENDED,
  NFS_SERVER_UNKNOWN,   /* this process cannot look now */
  NFS_SERVER_ELSEWHERE, /* it cannot be told from here: the record is of other namespaces */
} NfsServerFate;

/* Of the process of a pidfd. FALSE when it has ended. */
gboolean nfs_user_server_init (NfsUserServer *self, int pidfd);

/* (transfer floating): a{sv} */
GVariant *nfs_user_server_to_record   (const NfsUserServer *self);
/* FALSE when the record is no server's. */
gboolean  nfs_user_server_from_record (NfsUserServer *self, GVariant *record);

/* @ret_pidfd: of one that lives; -1: of all others. */
NfsServerFate nfs_user_server_open (const NfsUserServer *self, int *ret_pidfd);

/* At once, whatever it does. FALSE when it is still there a while later. */
gboolean nfs_user_server_kill (int pidfd);

/* Ends it: waits until it has ended by itself, for @usec; then has the kernel end its connection, which frees
 * everybody who waits for it; then kills it. Nothing is done to one of which it is not known that it lives. */
NfsServerFate nfs_user_server_end (const NfsUserServer *self, gint64 usec);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One export, mounted twice by kvol-nfs, as two pods have it; and who locks files of it. */
#pragma once

#include "nfs-fuse/served.h"
#include "support/etc-file.h"

/* Two volumes of one export, and a file that each has open. */
typedef struct {
  ServedExport export;
  Served       volumes[2]; /* the second one's server is reached by its name */
  int          files[2];   /* of "file" */
  EtcFile      hosts;      /* what the name is */
} Pods;

/* The arguments of kvol-nfs by which the server keeps all locks. */
extern const char *const pods_with_locks[];

/* FALSE when this machine has no server; the reason has been printed. What was open before is not any more. */
gboolean pods_open  (Pods *self, NfsLocks locks, guint grace_seconds);
void     pods_clear (Pods *self);
TEST_STATE (Pods, pods)

/* Locks; answered with 0 or an errno. */
int lock_by      (int fd, int command, int type, off_t start, off_t length); /* of fcntl(2) */
int lock_range   (int fd, int type, off_t start, off_t length);              /* that is not waited for */
int lock_whole   (int fd, int operation);                                    /* of flock(2) */

/* Does it in another process, with a file of a volume that is opened by that; its answer is the exit status. */
typedef int (*Deed) (int fd);
pid_t process_start (const Served *volume, const char *name, Deed deed);
/* The exit status, or 256 and the signal. */
int   process_await (pid_t child);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process that serves calls over a socket and can be killed at any moment: both ends of starting and ending
 * it. */
#pragma once

#include <glib.h>

typedef struct _SysWorker SysWorker;

/* Starts @program (absolute) with @args, in a session of its own. */
SysWorker *sys_worker_spawn (const char *program, const char *const *args, GError **error);

int sys_worker_get_socket (SysWorker *self);

/* A pidfd of it, for the caller to close: readable once it has ended, also after sys_worker_free(). -1: no more
 * descriptors. */
int sys_worker_dup_pidfd (SysWorker *self);

/* How it ended, for a sentence: "was killed by signal 11 (Segmentation fault)". To be asked when its socket has been
 * hung up; waits a moment for the end that follows. */
char *sys_worker_dup_end (SysWorker *self);

/* Kills the worker and the programs it runs, unless they have ended, and reaps it: in the background when it does
 * not go within a tenth of a second (it sleeps uninterruptibly). */
void sys_worker_free (SysWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SysWorker, sys_worker_free)

/* For the worker itself, first thing in main(): answers the socket and sees to it that this process, and the programs
 * it runs, end when the other end of the socket is gone, whatever they do then. A thread watches for that, so what only
 * a process of one thread may do (joining a user namespace) is for a program of its own. */
int sys_worker_begin (GError **error);

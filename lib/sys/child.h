/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process: started without fork, watched through a pidfd, and never waited for longer than a moment, because a
 * process that sleeps uninterruptibly cannot be killed, only abandoned. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t    pid;         /* 0: none, or reaped */
  int      pidfd;       /* readable once it has ended */
  gboolean leads_group; /* what it started goes with it, unless that has left its group */
} SysChild;

#define SYS_CHILD_INIT { .pidfd = -1 }

typedef enum {
  SYS_CHILD_DEFAULT     = 0,
  SYS_CHILD_NEW_SESSION = 1 << 0, /* out of reach of the terminal's ^C, and leader of a group */
} SysChildFlags;

/* Starts @argv (argv[0] is an absolute path). It gets /dev/null as input, @output_fd (-1: this process's standard
 * error) as output and standard error, @socket_fd (unless -1) as its descriptor 3, and nothing else; no signal is
 * blocked or ignored in it. NOT_SUPPORTED when it cannot be started. */
gboolean sys_child_spawn (SysChild *ret_child, const char *const *argv, const char *const *environment, int output_fd,
                          int socket_fd, SysChildFlags flags, GError **error);

typedef struct {
  enum { SYS_CHILD_EXITED, SYS_CHILD_KILLED, SYS_CHILD_LOST } how; /* lost: somebody else has reaped it */
  int number;                                                      /* the exit status, the signal */
} SysChildEnd;

/* Whether it has ended, waiting for that until @deadline_usec (monotonic) at most. It is not reaped. */
gboolean sys_child_has_ended (SysChild *self, gint64 deadline_usec, SysChildEnd *ret_end);

/* For a sentence: "exited with status 3", "was killed by signal 11 (Segmentation fault)". */
char *sys_child_end_describe (const SysChildEnd *end);

/* Reaps a child that has ended, and leaves alone what it started. */
void sys_child_reap (SysChild *self);

/* Kills the child and its group, and reaps it: at once when it goes at once, else in the background. */
void sys_child_clear (SysChild *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SysChild, sys_child_clear)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a child process of which chosen system calls are counted, failed, or its last: seccomp user notification, by
 * raw BPF. Needs no privilege (it sets no_new_privs in the child) and works across execve and for all threads and
 * children of the child.
 *
 *     int swept (gpointer data) { supervisor_begin (); ...; return 0; }
 *
 *     for (plan.at = 1; supervisor_run (&plan, swept, NULL, &result) && result.hit; plan.at++)
 *       look at what is left;
 */
#pragma once

#include <glib.h>

/* A system call that a sweep knows: what it may fail with, by the manual pages, and which argument is a path. */
typedef struct {
  int         nr;
  const char *name;
  int         path_arg;   /* -1: none */
  gboolean    on_files;   /* counted only when its first argument is a regular file: no pipe, socket or eventfd */
  int         errnos[4];  /* 0-terminated */
} SupervisorCall;

/* All of them. close() is not among them: on Linux the descriptor is gone also when it fails. */
extern const SupervisorCall supervisor_calls[];
extern const gsize          supervisor_n_calls;

const SupervisorCall *supervisor_find_call (int nr);

#define SUPERVISOR_MAX_NR 512
#define SUPERVISOR_EVERY  G_MAXUINT

typedef enum {
  SUPERVISOR_COUNT, /* touch nothing */
  SUPERVISOR_FAIL,  /* answer @error, the call is not made */
  SUPERVISOR_LIE,   /* answer success, the call is not made */
  SUPERVISOR_KILL,  /* SIGKILL to the child and all of its process group, the call is not made */
} SupervisorAct;

/* Zeroed, it counts all calls from supervisor_begin() on. */
typedef struct {
  SupervisorAct act;
  guint         at;              /* the ordinal at which to act, from 1; SUPERVISOR_EVERY; 0: never */
  int           error;           /* 0: the one at @error_index in the call's own errnos */
  guint         error_index;
  int           only_nr;         /* count and act on this call alone; 0: on all (there is no call 0 in the table) */
  const char   *start_path;      /* begin with the first call that names this path or one below, for programs that
                                  * cannot call supervisor_begin() */
  gint64        kill_after_usec; /* kill this long after the beginning, wherever it is; 0: do not */
  gint64        timeout_usec;    /* kill a child that has not ended by then; 0: 30 s */
} SupervisorPlan;

typedef struct {
  gboolean hit;                       /* it was acted */
  guint    total;                     /* calls that were counted */
  guint    counts[SUPERVISOR_MAX_NR]; /* by number */
  int      hit_nr;
  int      error;                     /* that was answered; 0 with SUPERVISOR_FAIL: the call has no errno of that index,
                                       * and was made */
  char     hit_path[256];             /* the path argument, "" when there is none */
  int      wait_status;               /* of the child, as waitpid() says it */
  gboolean timed_out;
} SupervisorResult;

typedef int (*SupervisorChild) (gpointer data);

/* Forks, calls @child in the child and ends it with what that answers. Not for a process with threads of its own. FALSE
 * only when supervising failed, which includes that a process of the child's outlived it. */
gboolean supervisor_run (const SupervisorPlan *plan, SupervisorChild child, gpointer data,
                         SupervisorResult *ret_result, GError **error);

/* A SupervisorChild that becomes a program; @data is its argv, argv[0] a path. */
int supervisor_exec (gpointer argv);

/* In the child: counting begins and ends here. Nothing happens in a process that is not supervised. */
void supervisor_begin (void);
void supervisor_end   (void);
/* In between: what comes now is the test's own. */
void supervisor_pause  (void);
void supervisor_resume (void);

/* Whether this machine offers it; else the reason. */
gboolean supervisor_works (const char **ret_reason);

/* "call 12, umount2 (\"data\"), answered EBUSY: exit status 1", for messages. */
char *supervisor_describe (const SupervisorPlan *plan, const SupervisorResult *result);

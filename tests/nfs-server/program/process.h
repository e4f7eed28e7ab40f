/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that do not outlive the one that started them. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Makes what comes next the first process of a process namespace of its own: when it ends, all others in there do too,
 * however they were started. Only the child comes back; this process waits, and ends with its status; killed, it takes
 * the child along. So does the end of @parent (0: nobody's). */
gboolean process_enclose (pid_t parent, GError **error);

/* Becomes @program in a child. @output becomes its standard output and error, and @passed (-1-terminated, NULL: none)
 * its descriptors from 3 on, in systemd's way. */
pid_t process_start (const char *const *argv, int output, const int *passed, GError **error);

typedef void (*ProcessMain) (gconstpointer data);

/* Runs a function that does not come back in a child. */
pid_t process_fork (ProcessMain function, gconstpointer data, GError **error);

/* A descriptor that can be read when the process has ended. */
int process_open (pid_t pid);

/* Kills it and waits for its end, unless it is 0, which it becomes. */
void process_kill (pid_t *pid);
/* The same with SIGTERM; with SIGKILL when that does not help within @msec. */
void process_stop (pid_t *pid, int msec);

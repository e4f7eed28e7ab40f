/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another program, run to its end. */
#pragma once

#include <gio/gio.h>

/* Apart: in a session of its own, out of reach of the terminal's ^C, and killed with all that it started. In the
 * group of this process: whoever ends that group, as that of a worker, ends the program too. */
typedef enum {
  SYS_RUN_APART,
  SYS_RUN_IN_GROUP,
} SysRunWhere;

/* Runs @argv (argv[0] is an absolute path) with an environment of PATH and LC_ALL=C alone, and /dev/null as input.
 * FALSE when it does not exit with 0 within @deadline_usec; then the error carries the first 4 KiB of what it
 * printed, on one line. NOT_SUPPORTED: it cannot be started. FINAL: it failed. UNCERTAIN: it was killed, by us or by
 * somebody else. */
gboolean sys_run_program (const char *const *argv, SysRunWhere where, gint64 deadline_usec, GCancellable *cancellable,
                          GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another program, run to its end. */
#pragma once

#include <gio/gio.h>

/* Runs @argv (argv[0] is an absolute path) with an environment of PATH and LC_ALL=C alone, /dev/null as input, and out of
 * the reach of a terminal. FALSE when it does not exit with 0 within @deadline_usec; then the error carries the first 4 KiB
 * of what it printed, on one line. NOT_SUPPORTED: it cannot be started. FINAL: it failed. UNCERTAIN: it was killed, by us or
 * by somebody else. */
gboolean sys_run_program (const char *const *argv, gint64 deadline_usec, GCancellable *cancellable, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that stays when this process is gone. */
#pragma once

#include <glib.h>

/* Starts @argv (argv[0] is an absolute path) in a session of its own, with an environment of PATH and LC_ALL=C alone,
 * nothing as input and output, and @fds as its descriptors 3, 4, ... It stands in "/", no signal is blocked or ignored,
 * it leaves no core, and this process's nice value and limits of time and file size are not its; its umask is. It is in
 * a scope of systemd's where that runs, else in a control group beside this process's; it has at most a gibibyte of
 * memory, or half the machine's; and the kernel's killer takes it late: all of it as far as this process may. Answers a
 * pidfd: readable once it has ended. -1 with NOT_SUPPORTED when it cannot be started. */
int sys_server_spawn (const char *const *argv, const int *fds, gsize n_fds, GError **error);

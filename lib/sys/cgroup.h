/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A control group for a process that outlives this one, where no systemd makes scopes. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Moves @pid into groups of its own, next to those of this process and never below them: in cgroup v2, in v1's memory
 * controller, and in the named hierarchies that service managers of v1 keep. *@ret_limited: its memory is limited to
 * @memory bytes. FALSE when none could be made (an ordinary user has none to write in). */
gboolean sys_cgroup_place (pid_t pid, guint64 memory, gboolean *ret_limited);

/* Removes groups made so whose processes have ended; others cannot be removed. */
void sys_cgroup_sweep (void);

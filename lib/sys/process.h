/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process it is, so that somebody who did not start it can tell, after any time, whether it is there still. */
#pragma once

#include <glib.h>

/* All zero: none. */
typedef struct {
  guint64 pid;
  guint64 start;      /* in clock ticks after the boot: with the pid it names one process of this boot */
  guint64 pid_space;  /* the namespace of its pid: elsewhere the number is another's, or nobody's */
  guint64 time_space; /* the one by whose clock it has begun: by another's it is another start; 0: not said */
} SysProcess;

/* The process of a pidfd. FALSE when @fd is none, or of a process that this one cannot look for later: it has ended, or
 * is of another pid namespace. */
gboolean sys_process_of_pidfd (int fd, SysProcess *ret_process);

gboolean sys_process_is_set   (const SysProcess *self);
gboolean sys_process_equal    (const SysProcess *self, const SysProcess *other);
/* Whether it was written down in another pid or time namespace, so that it cannot be recognised here. */
gboolean sys_process_is_elsewhere (const SysProcess *self);

/* Whether it is known to have ended, also when nobody has reaped it yet; asks the kernel and nobody else. FALSE when it
 * is there, or when that cannot be told from here. */
gboolean sys_process_has_ended (const SysProcess *self);

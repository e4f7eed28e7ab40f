/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of a process in /proc. Each fails the test when it says nothing of that. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* The fields of "stat" in @dir ("/proc/self", or a thread's) from the state on, which comes after the name. */
char  **proc_read_stat   (const char *dir);
/* A field of "status", as a number; a size is in KiB. */
guint64 proc_read_status (pid_t pid, const char *name, guint base);
/* Whether one of its threads has this name. */
gboolean proc_has_thread (pid_t pid, const char *name);

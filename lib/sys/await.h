/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for descriptors, with an end to it. */
#pragma once

#include <gio/gio.h>

#define SYS_AWAIT_MAX 4

/* Waits until one of @fds (n_fds of them, -1 is skipped) can be read or has been hung up, until @deadline_usec
 * (monotonic; -1: for ever), or @cancellable. Answers a bit for each descriptor that is ready, 0 past the deadline,
 * -1 with an error. */
int sys_await (const int *fds, guint n_fds, gint64 deadline_usec, GCancellable *cancellable, GError **error);

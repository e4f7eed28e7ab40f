/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lock file that says who holds it. */
#pragma once

#include <gio/gio.h>

/* Opens @name below @dir_fd (0600) and waits for its lock, without polling. Answers the descriptor that holds it; the
 * lock ends with it. -1 with BUSY and the holder's pid when @cancellable ends the wait, or has been cancelled before
 * and the lock is held. */
int sys_lock_at (int dir_fd, const char *name, GCancellable *cancellable, GError **error);

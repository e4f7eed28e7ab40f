/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scope of systemd's for a process that outlives this one. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Whether systemd runs here, as the system's manager, and this process may ask it. */
gboolean sys_scope_is_offered (void);

/* Has systemd take @pid into "kvol-server-PID.scope", with at most @memory bytes, and waits until it has, for @usec at
 * most. FALSE with TRANSIENT when it does not. */
gboolean sys_scope_place (pid_t pid, guint64 memory, gint64 usec, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The power of the machine that a server runs on. Without it nothing is answered, not even by a reset: who is connected
 * hears nothing of the end, and whose connection is new waits. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef GArray Outlet;

/* Kills the server, of which nobody hears. NULL and errno when that cannot be. */
Outlet *outlet_unplug  (pid_t *server);
/* What comes is refused from now on, until somebody listens there. NULL: it was never without. */
void    outlet_plug_in (Outlet *self);

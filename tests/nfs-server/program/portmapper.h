/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ganesha does not serve v3 unless a portmapper takes note of it. It finds that at a socket in /run: rpcbind's, or one
 * behind which somebody agrees to everything. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#define PORTMAPPER_PROGRAM "/usr/sbin/rpcbind"

/* Port 111 of every address here answers, too. */
pid_t portmapper_start (int log, GError **error);

/* Nothing is listening on port 111. */
pid_t portmapper_start_mute (GError **error);

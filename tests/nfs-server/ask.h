/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a server on 127.0.0.1 for an export, as a client does that mounts it. It knows nothing of the code that is
 * tested against that server, and so cannot share its mistakes. */
#pragma once

#include <glib.h>

/* Each waits a few seconds at most. */
gboolean ask_mount3 (guint16 mount_port, const char *path, GError **error);
gboolean ask_lookup4 (guint16 port, const char *path, GError **error);
/* The TCP port of a program, by the portmapper; 0 when that has none, or is not there. */
guint16 ask_port (guint32 program, guint32 version);

/* Whether the portmapper knows the program, over TCP. */
gboolean ask_registered (guint32 program, guint32 version, gboolean *ret_known, GError **error);

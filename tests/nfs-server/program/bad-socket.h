/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets that do not behave, and the listening socket of the server that does in part. */
#pragma once

#include "nfs-server/fault.h"

/* Listens on a port of 127.0.0.1, any one when it is 0, which is told; -1 on failure. */
int bad_socket_listen (NfsFaultKind kind, guint16 *port, GError **error);

/* Behaves like that, for ever. */
void bad_socket_serve (NfsFaultKind kind, int listening);

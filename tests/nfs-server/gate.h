/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gate before an NFS server: what comes to it is passed on, and one connection is the signal that the server is to
 * freeze. The probe has one to the NFS service and the mount that follows another, so a server freezes between them
 * when the second comes. */
#pragma once

#include "nfs-server/server.h"

typedef struct NfsGate NfsGate;

/* Listens at 127.0.0.1:@port, before @server's port 2049. The @guest-th connection (from 1) freezes it. Until the gate
 * is closed @server is the gate's. NULL: it goes on, and that connection alone is cut. */
NfsGate *nfs_gate_open (guint16 port, NfsServer *server, guint guest, GError **error);

/* Answers whether the server was frozen. */
gboolean nfs_gate_close (NfsGate *self);

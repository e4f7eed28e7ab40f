/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which port a service of the server's listens on, for volumes that do not say it. */
#pragma once

#include "rpc.h"

#define NFS_PORTMAPPER_PORT 111

/* The monitor of the clients that lock (rpc.statd), without which nobody locks by NFS 3. */
extern const NfsProcedure nfs_portmapper_monitor;

/* The TCP port of @procedure's program and version; 0: nobody has it. @rpc is connected to the portmapper. FALSE with
 * NFS_PORTMAPPER_UNAVAILABLE, or cancelled. */
gboolean nfs_portmapper_ask (NfsRpc *rpc, gboolean ipv6, const NfsProcedure *procedure, int *ret_port, GError **error);

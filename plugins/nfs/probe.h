/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a server, step by step, whether it would serve a volume, before anything is mounted that could hang. */
#pragma once

#include <nfsc/libnfs-raw-nfs.h>

#include "rpc.h"
#include "steps.h"
#include "target.h"

/* What a server of version 3 calls a file. */
typedef struct {
  guint  length; /* 0: none */
  guint8 bytes[NFS3_FHSIZE];
} NfsHandle;

typedef struct {
  const NfsTarget *target;
  NfsDeadline      deadline;
  NfsSteps         steps;
  GArray          *endpoints;  /* (element-type NfsEndpoint) that are left to try: one, once it has answered */
  NfsRpc           nfs;        /* the connection to the NFS service */
  int              port;       /* where that is */
  int              mount_port; /* of the MOUNT service, for version 3 */
  int              version;    /* that the server speaks, 3 or 4; 0: not known yet */
  NfsHandle        root;       /* of the export, for version 3 */
  guint32          transfer;   /* the same: how many bytes may be read or written at a time; 0: it does not say */
  gint64           patience;   /* monotonic: so long a server that says "later" is asked again */
} NfsProbe;

#define NFS_PROBE_INIT { .nfs = NFS_RPC_INIT }

/* The rights of ACCESS, which are the same bits in NFS 3 and NFS 4. */
enum {
  NFS_PROBE_READ    = 1 << 0,
  NFS_PROBE_LOOKUP  = 1 << 1,
  NFS_PROBE_MODIFY  = 1 << 2,
  NFS_PROBE_EXTEND  = 1 << 3,
  NFS_PROBE_DELETE  = 1 << 4,
  NFS_PROBE_ACCESS  = NFS_PROBE_READ | NFS_PROBE_LOOKUP | NFS_PROBE_MODIFY | NFS_PROBE_EXTEND | NFS_PROBE_DELETE,
};

/* What a mount need not find out again. */
typedef struct {
  NfsEndpoint endpoint;
  int         port;       /* of the NFS service */
  int         mount_port; /* of the MOUNT service; 0: version 4 has none, and a Kerberos volume was not looked into */
  int         version;    /* 3 or 4 */
  NfsHandle   root;       /* of version 3, */
  guint32     transfer;   /* and how many bytes it reads or writes at a time; 0: it does not say */
} NfsFound;

/* @ret_steps: what was done, also when it failed. FALSE with a cause, or cancelled. */
gboolean nfs_probe (const NfsTarget *target, const NfsDeadline *deadline, GVariant **ret_steps, NfsFound *ret_found,
                    GError **error);

/* For who wants to do more than look: @self is connected to a server of the wanted version, which has said so. FALSE
 * with a cause, or cancelled. @target lives longer. */
gboolean nfs_probe_begin (NfsProbe *self, const NfsTarget *target, const NfsDeadline *deadline, GError **error);
void     nfs_probe_clear (NfsProbe *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfsProbe, nfs_probe_clear)

/* What the versions do on their own. Each begins and ends its steps; one that fails is ended by the caller. */
gboolean nfs_probe_export_v3 (NfsProbe *self, GError **error);
gboolean nfs_probe_export_v4 (NfsProbe *self, GError **error);

/* Connects @rpc to a port of the server. */
gboolean nfs_probe_connect (NfsProbe *self, NfsRpc *rpc, int port, GError **error);
/* Asks the portmapper for the port of @procedure's service, which must be there. */
gboolean nfs_probe_find_port (NfsProbe *self, const NfsProcedure *procedure, int *ret_port, GError **error);
/* After an answer with @status: when the server will do it later, waits before it is asked again, *@pause, which begins
 * with 0, and longer each time. It is 0 after an answer to go on with: any other one, or there is no time left. FALSE:
 * cancelled. */
gboolean nfs_probe_await_later (const NfsProbe *self, guint32 status, gint64 *pause, GError **error);
/* Says what ACCESS granted, as the end of its step. */
gboolean nfs_probe_end_access (NfsProbe *self, guint32 granted);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A real NFS server for tests and demo: nfs-ganesha (rpcbind where a portmapper is wanted, statd for locks), kept by
 * the program nfs-server, which is built beside the tests. It serves the network namespace of the caller, so a test
 * enters one of its own first (support/own-net.h).
 *
 * Server, portmapper and all their files are gone with the test process, also when that is killed. Servers are
 * started and stopped from any thread; one server is used by one thread at a time. */
#pragma once

#include <glib.h>

#define NFS_PORT       2049
#define NFS_MOUNT_PORT 20048
#define NFS_LOCK_PORT  20049

typedef enum {
  NFS_SQUASH_NONE, /* uid 0 of a client is uid 0 */
  NFS_SQUASH_ROOT, /* uid 0 of a client is the anonymous user */
  NFS_SQUASH_ALL,  /* everybody is the anonymous user */
} NfsSquash;

typedef enum {
  NFS_LOCKS_NONE,   /* no NLM is registered */
  NFS_LOCKS_DENIED, /* it is, but no monitor of clients (statd) runs beside it: every lock is denied */
  NFS_LOCKS_GIVEN,  /* both are there */
} NfsLocks;

typedef enum {
  NFS_MINOR_ALL,
  NFS_MINOR_0,   /* 4.0 and nothing else of version 4 */
  NFS_MINOR_1,
  NFS_MINOR_2,
} NfsMinor;

typedef struct {
  const char *path;      /* what a client asks for, with v3 and v4: "/exports/data" */
  const char *directory; /* what it is shown: absolute; a tmpfs will do, an overlay will not */
  gboolean    read_only;
  NfsSquash   squash;
  guint32     anonymous; /* uid and gid of the anonymous user; 0: 65534 */
  const char *client;    /* the one address that may mount, others are denied; NULL: everybody. Connections to
                          * 127.0.0.1 come from 127.0.0.1, those to 127.0.0.2 from 127.0.0.2, and so on. */
  gboolean    fresh;     /* what is changed in the directory is seen at once, also when it was not changed through the
                          * server, which else believes for a minute what it saw last */
} NfsExport;

/* Zeroed but for the exports: v3 and v4 on the ports above, and no portmapper. */
typedef struct {
  const NfsExport *exports;    /* the last is followed by one without a path; borrowed for the call */
  guint16          port;       /* 0: NFS_PORT */
  guint16          mount_port; /* 0: NFS_MOUNT_PORT */
  gboolean         only_v4;    /* no v3, no MOUNT */
  gboolean         only_v3;
  NfsMinor         minor;      /* of version 4 */
  gboolean         portmapper; /* port 111 answers, for as long as the server lives */
  guint            lease_seconds; /* 0: 10, or the time of grace */
  NfsLocks         locks;         /* other than NONE: the portmapper is there as well */
  guint            transfer;      /* bytes that it reads or writes at a time, it says; 0: many */
  guint            grace_seconds; /* after each start only locks that were held before are given; 0: no such time */
} NfsServerSettings;

typedef struct NfsServer NfsServer;

/* Moves this process into a network namespace of its own, in which lo is up and nothing else is there: 127.0.0.0/8 and
 * ::1 are local, all else is unreachable. A kvol-nfs that is left in it ends with this process. After scratch_enter(),
 * before any thread. Answers FALSE with the reason when this machine does not allow it. */
gboolean nfs_net_enter (const char **ret_reason);

/* Whether a server can be had here: the packages are installed, and this process may serve. Else FALSE and the reason,
 * for skip_because(); the caller frees it. */
gboolean nfs_server_works (char **ret_reason);

/* Comes back when every export has been mounted once by each version that is served (those that deny 127.0.0.1, and
 * versions 4.1 and 4.2, excepted), which takes some ten milliseconds. NULL and an error with the server's own words
 * when one is missing. */
NfsServer *nfs_server_start (const NfsServerSettings *settings, GError **error);

/* Ends the server in an orderly way and frees it; NULL is fine. */
void nfs_server_stop (NfsServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfsServer, nfs_server_stop)

/* From now on connections are refused, and those that exist are closed. */
gboolean nfs_server_kill (NfsServer *self, GError **error);

/* The machine that it runs on has no power from now on: connections that exist fall silent, and new ones are waited for
 * in vain. It may have been frozen before. A portmapper stays, as it is not taken for a part of it. */
gboolean nfs_server_unplug (NfsServer *self, GError **error);

/* After either of these: serves again, same ports and exports. File handles stay valid for what is still there; the
 * handles of a directory that was replaced meanwhile are stale. */
gboolean nfs_server_restart (NfsServer *self, GError **error);

/* The server is stopped (SIGSTOP): connections are accepted by the kernel, nothing is answered. */
gboolean nfs_server_freeze (NfsServer *self, GError **error);
gboolean nfs_server_thaw   (NfsServer *self, GError **error);

/* Ends the portmapper of a server that has one; the server stays. */
gboolean nfs_server_kill_portmapper (NfsServer *self, GError **error);

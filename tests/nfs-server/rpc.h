/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The heads of RPC calls and answers, version 2 (RFC 5531), and the numbers of the programs beside NFS. */
#pragma once

#include <glib.h>

#include "nfs-server/xdr.h"

#define RPC_PORTMAPPER 100000
#define RPC_NFS        100003
#define RPC_MOUNT      100005
#define RPC_MONITOR    100024

#define RPC_NULL 0

/* Portmapper, version 2 */
#define RPC_PORTMAPPER_PORT    111
#define RPC_PORTMAPPER_GETPORT 3

/* MOUNT 3 */
#define RPC_MOUNT_MNT    1
#define RPC_MOUNT_UMNT   3
#define RPC_MOUNT_EXPORT 5

/* NFS 4 */
#define RPC_NFS4_COMPOUND  1
#define RPC_NFS4_GETFH     10
#define RPC_NFS4_LOOKUP    15
#define RPC_NFS4_PUTROOTFH 24

/* What an accepted call came to. */
typedef enum {
  RPC_SUCCESS       = 0,
  RPC_PROG_UNAVAIL  = 1,
  RPC_PROG_MISMATCH = 2,
  RPC_PROC_UNAVAIL  = 3,
  RPC_GARBAGE_ARGS  = 4,
  RPC_SYSTEM_ERR    = 5,
} RpcAccept;

typedef struct {
  guint32 xid;
  guint32 program;
  guint32 version;
  guint32 procedure;
} RpcHead;

/* A call as root (AUTH_SYS), ready for its arguments. */
GByteArray *rpc_call (guint32 program, guint32 version, guint32 procedure);
/* Reads the head of a call up to its arguments; FALSE when it is none. */
gboolean    rpc_read_call (XdrReader *call, RpcHead *ret_head);

/* An answer, ready for its results, when the call was a success. */
GByteArray *rpc_accepted (guint32 xid, RpcAccept how);
/* The program is here, in versions from @low to @high alone. */
GByteArray *rpc_other_versions (guint32 xid, guint32 low, guint32 high);
/* A call that is refused before it is looked at: AUTH_ERROR for this reason. */
GByteArray *rpc_denied   (guint32 xid, guint32 auth_stat);
/* The same, as the server speaks another version of RPC. */
GByteArray *rpc_mismatch (guint32 xid);
/* Reads the head of an answer up to the results; FALSE when there are none. */
gboolean    rpc_is_success (XdrReader *answer);

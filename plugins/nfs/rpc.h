/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remote procedure calls over one connection, one at a time (RFC 5531). */
#pragma once

#include "cause.h"
#include "deadline.h"
#include "endpoint.h"
#include "xdr.h"

typedef struct {
  const char *service;   /* for people, the protocol: "NFS", "MOUNT" */
  guint32     program;
  guint32     version;
  guint32     number;
  const char *name;      /* for people: "GETATTR" */
} NfsProcedure;

#define NFS_CREDENTIAL_GROUPS_MAX 16 /* of AUTH_SYS */

/* Whom a call is made for. */
typedef struct {
  guint32 uid;
  guint32 gid;
  guint32 n_groups;
  guint32 groups[NFS_CREDENTIAL_GROUPS_MAX];
} NfsCredential;

/* As a call has it, with the verifier, which says nothing. */
void nfs_rpc_put_credential (GByteArray *out, const NfsCredential *credential);

typedef struct {
  int                  fd;         /* -1: not connected */
  char                *peer;       /* "127.0.0.1:2049" */
  guint32              xid;
  const NfsDeadline   *deadline;
  NfsCredential        own;        /* this process's user */
  const NfsCredential *credential; /* of the calls to come; NULL: that one */
  GByteArray          *answer;     /* the last one */
} NfsRpc;

#define NFS_RPC_INIT { .fd = -1 }

/* Takes the connection @fd. */
void nfs_rpc_start (NfsRpc *self, int fd, const NfsEndpoint *endpoint, int port, const NfsDeadline *deadline);
void nfs_rpc_clear (NfsRpc *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfsRpc, nfs_rpc_clear)

/* @args may be NULL; @ret_results lasts until the next call. FALSE with a cause, or cancelled. */
gboolean nfs_rpc_call (NfsRpc *self, const NfsProcedure *procedure, const GByteArray *args, NfsXdr *ret_results,
                       GError **error);
/* The same for a call whose answer does not matter: it is sent and nothing is waited for. */
void     nfs_rpc_tell (NfsRpc *self, const NfsProcedure *procedure, const GByteArray *args);

/* After the results of @procedure were read: that what came was what had to come. */
gboolean nfs_rpc_check (const NfsRpc *self, const NfsProcedure *procedure, const NfsXdr *results, GError **error);

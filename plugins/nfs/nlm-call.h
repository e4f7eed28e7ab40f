/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of the lock protocol that goes with NFS 3, NLM version 4 ("Protocols for Interworking: XNFS", The Open
 * Group), and their answers. */
#pragma once

#include "lock-range.h"
#include "lock-record.h"
#include "rpc.h"

typedef enum {
  NLM_NULL   = 0, /* does nothing, and is no lock's */
  NLM_TEST   = 1,
  NLM_LOCK   = 2,
  NLM_UNLOCK = 4,
} NlmVerb;

typedef enum {
  NLM_GRANTED,
  NLM_DENIED,
  NLM_DENIED_NO_LOCKS, /* the server could not take care of it */
  NLM_BLOCKED,
  NLM_DENIED_GRACE,    /* it gives those back that were held before it restarted; or it does not, when asked to */
  NLM_DEADLOCK,
  NLM_READ_ONLY,
  NLM_STALE,
  NLM_TOO_BIG,
  NLM_FAILED,
} NlmStatus;

typedef struct {
  NlmVerb           verb;
  gboolean          reclaim; /* of NLM_LOCK: it was held before the server restarted */
  const LockClient *client;
  guint32           number;  /* the owner among those of the client */
  const LockFile   *file;
  LockRange         range;   /* its type: not of NLM_UNLOCK */
} NlmCall;

/* Who holds what was asked for, when a test is denied. */
typedef struct {
  gboolean  is_client; /* one of the caller's own owners, by this number */
  guint32   number;
  LockRange range;
} NlmHolder;

const NfsProcedure *nlm_call_get_procedure (NlmVerb verb);

/* FALSE with a cause: nothing is known of what became of it. Every call may be made again. @ret_holder may be NULL. */
gboolean nlm_call (NfsRpc *rpc, const NlmCall *call, NlmStatus *ret_status, NlmHolder *ret_holder, GError **error);

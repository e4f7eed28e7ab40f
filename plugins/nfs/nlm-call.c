/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lock is never asked for in the way that makes a server call back when it has become free: that takes a service and
 * a portmapper on this node, which it need not have, and a way through its firewall. Who waits asks again. So there is
 * nothing to cancel at the server either. */
#include "nlm-call.h"

#include <nfsc/libnfs-raw-nlm.h>
#include <string.h>

#define COOKIE_MAX 1024
#define OWNER_MAX 1024

static const NfsProcedure procedures[] = {
  [NLM_NULL] = { "NLM", NLM_PROGRAM, NLM_V4, NLM4_NULL, "NULL" },
  [NLM_TEST] = { "NLM", NLM_PROGRAM, NLM_V4, NLM4_TEST, "TEST" },
  [NLM_LOCK] = { "NLM", NLM_PROGRAM, NLM_V4, NLM4_LOCK, "LOCK" },
  [NLM_UNLOCK] = { "NLM", NLM_PROGRAM, NLM_V4, NLM4_UNLOCK, "UNLOCK" },
};

const NfsProcedure *
nlm_call_get_procedure (NlmVerb verb)
{
  return &procedures[verb];
}

/* What belongs to whom. Some servers look at the bytes of the owner, others at its number alone: they say the same. */
static void
put_lock (GByteArray *out, const NlmCall *call)
{
  const LockRange *range = &call->range;
  guint8 owner[LOCK_OWNER_SIZE + 4];
  guint32 number = GUINT32_TO_BE (call->number);

  memcpy (owner, call->client->owner, LOCK_OWNER_SIZE);
  memcpy (owner + LOCK_OWNER_SIZE, &number, sizeof number);
  nfs_xdr_put_data (out, call->client->caller, strlen (call->client->caller));
  nfs_xdr_put_data (out, call->file->data, call->file->length);
  nfs_xdr_put_data (out, owner, sizeof owner);
  nfs_xdr_put (out, call->number);
  nfs_xdr_put_long (out, range->start);
  /* A length of nothing goes on to whatever the end will be. */
  nfs_xdr_put_long (out, range->last >= LOCK_LAST ? 0 : range->last - range->start + 1);
}

static GByteArray *
build (const NlmCall *call)
{
  GByteArray *out = g_byte_array_new ();

  nfs_xdr_put_data (out, "", 0);
  if (call->verb == NLM_LOCK)
    nfs_xdr_put (out, FALSE);
  if (call->verb != NLM_UNLOCK)
    nfs_xdr_put (out, call->range.type == LOCK_EXCLUSIVE);
  put_lock (out, call);
  if (call->verb == NLM_LOCK)
    {
      nfs_xdr_put (out, call->reclaim);
      nfs_xdr_put (out, 0);
    }
  return out;
}

static void
read_holder (NfsXdr *in, const NlmCall *call, NlmHolder *ret_holder)
{
  const guint8 *owner;
  gsize owner_size;
  guint64 start;
  guint64 length;

  ret_holder->range.type = nfs_xdr_get (in) ? LOCK_EXCLUSIVE : LOCK_SHARED;
  ret_holder->number = nfs_xdr_get (in);
  owner = nfs_xdr_get_data (in, OWNER_MAX, &owner_size);
  ret_holder->is_client =
      owner != NULL && owner_size == LOCK_OWNER_SIZE + 4 && memcmp (owner, call->client->owner, LOCK_OWNER_SIZE) == 0;
  start = nfs_xdr_get_long (in);
  length = nfs_xdr_get_long (in);
  ret_holder->range.start = MIN (start, LOCK_LAST);
  ret_holder->range.last =
      length == 0 || length > LOCK_LAST - ret_holder->range.start ? LOCK_LAST : ret_holder->range.start + length - 1;
}

gboolean
nlm_call (NfsRpc *rpc, const NlmCall *call, NlmStatus *ret_status, NlmHolder *ret_holder, GError **error)
{
  const NfsProcedure *procedure = nlm_call_get_procedure (call->verb);
  g_autoptr (GByteArray) args = build (call);
  NlmHolder holder = { 0 };
  NfsXdr results;
  guint32 status;
  gsize length;

  if (!nfs_rpc_call (rpc, procedure, args, &results, error))
    return FALSE;
  nfs_xdr_get_data (&results, COOKIE_MAX, &length);
  status = nfs_xdr_get (&results);
  if (call->verb == NLM_TEST && status == NLM_DENIED)
    read_holder (&results, call, &holder);
  if (!nfs_rpc_check (rpc, procedure, &results, error))
    return FALSE;
  *ret_status = status <= NLM_FAILED ? (NlmStatus) status : NLM_FAILED;
  if (ret_holder != NULL)
    *ret_holder = holder;
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/rpc.h"

#define RPC_CALL 0
#define RPC_REPLY 1
#define RPC_VERSION 2
#define RPC_ACCEPTED 0
#define RPC_DENIED 1

#define AUTH_NONE 0
#define AUTH_SYS 1

#define DENIED_RPC_MISMATCH 0
#define DENIED_AUTH_ERROR 1

GByteArray *
rpc_call (guint32 program, guint32 version, guint32 procedure)
{
  GByteArray *call = g_byte_array_new ();
  g_autoptr (GByteArray) credential = g_byte_array_new ();

  xdr_put_u32 (credential, 0);
  xdr_put_string (credential, "localhost");
  xdr_put_u32 (credential, 0); /* uid */
  xdr_put_u32 (credential, 0); /* gid */
  xdr_put_u32 (credential, 0); /* further groups */

  xdr_put_u32 (call, g_random_int ());
  xdr_put_u32 (call, RPC_CALL);
  xdr_put_u32 (call, RPC_VERSION);
  xdr_put_u32 (call, program);
  xdr_put_u32 (call, version);
  xdr_put_u32 (call, procedure);
  xdr_put_u32 (call, AUTH_SYS);
  xdr_put_bytes (call, credential->data, credential->len);
  xdr_put_u32 (call, AUTH_NONE);
  xdr_put_u32 (call, 0);
  return call;
}

gboolean
rpc_read_call (XdrReader *call, RpcHead *ret_head)
{
  gboolean is_call;
  gsize len;

  ret_head->xid = xdr_get_u32 (call);
  is_call = xdr_get_u32 (call) == RPC_CALL;
  is_call &= xdr_get_u32 (call) == RPC_VERSION;
  ret_head->program = xdr_get_u32 (call);
  ret_head->version = xdr_get_u32 (call);
  ret_head->procedure = xdr_get_u32 (call);
  /* Credential and verifier: a kind and bytes each. */
  for (int i = 0; i < 2; i++)
    {
      xdr_get_u32 (call);
      xdr_get_bytes (call, &len);
    }
  return is_call && !call->bad;
}

static GByteArray *
rpc_reply (guint32 xid, guint32 how)
{
  GByteArray *reply = g_byte_array_new ();

  xdr_put_u32 (reply, xid);
  xdr_put_u32 (reply, RPC_REPLY);
  xdr_put_u32 (reply, how);
  return reply;
}

GByteArray *
rpc_accepted (guint32 xid, RpcAccept how)
{
  GByteArray *reply = rpc_reply (xid, RPC_ACCEPTED);

  xdr_put_u32 (reply, AUTH_NONE);
  xdr_put_u32 (reply, 0);
  xdr_put_u32 (reply, how);
  return reply;
}

GByteArray *
rpc_other_versions (guint32 xid, guint32 low, guint32 high)
{
  GByteArray *reply = rpc_accepted (xid, RPC_PROG_MISMATCH);

  xdr_put_u32 (reply, low);
  xdr_put_u32 (reply, high);
  return reply;
}

GByteArray *
rpc_denied (guint32 xid, guint32 auth_stat)
{
  GByteArray *reply = rpc_reply (xid, RPC_DENIED);

  xdr_put_u32 (reply, DENIED_AUTH_ERROR);
  xdr_put_u32 (reply, auth_stat);
  return reply;
}

GByteArray *
rpc_mismatch (guint32 xid)
{
  GByteArray *reply = rpc_reply (xid, RPC_DENIED);

  xdr_put_u32 (reply, DENIED_RPC_MISMATCH);
  xdr_put_u32 (reply, RPC_VERSION + 1);
  xdr_put_u32 (reply, RPC_VERSION + 1);
  return reply;
}

gboolean
rpc_is_success (XdrReader *answer)
{
  gboolean success;
  gsize len;

  xdr_get_u32 (answer);
  success = xdr_get_u32 (answer) == RPC_REPLY;
  success &= xdr_get_u32 (answer) == RPC_ACCEPTED;
  xdr_get_u32 (answer);
  xdr_get_bytes (answer, &len);
  success &= xdr_get_u32 (answer) == RPC_SUCCESS;
  return success && !answer->bad;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/odd-call.h"

#include <string.h>

#include "procedure.h"

gboolean
odd_call_is (const GByteArray *message, guint procedure)
{
  return message->len > 24 && message->data[23] == procedure;
}

gboolean
odd_call_is_change (const GByteArray *message)
{
  return odd_call_is (message, NFS3_WRITE) || odd_call_is (message, NFS3_SETATTR);
}

guint64
odd_call_get_u64 (XdrReader *call)
{
  guint64 high = xdr_get_u32 (call);

  return high << 32 | xdr_get_u32 (call);
}

guint32
odd_call_get_user (const GByteArray *message)
{
  XdrReader call = { .data = message->data, .left = message->len };
  XdrReader body = { 0 };
  gsize length;

  for (int i = 0; i < 7; i++) /* up to the kind of the credential */
    xdr_get_u32 (&call);
  body.data = xdr_get_bytes (&call, &length);
  body.left = length;
  xdr_get_u32 (&body);
  xdr_get_bytes (&body, &length);
  return xdr_get_u32 (&body);
}

gboolean
odd_call_get_is_root (XdrReader *call)
{
  gsize length;
  const guint8 *handle = xdr_get_bytes (call, &length);

  return length == strlen (ODD_ROOT) && memcmp (handle, ODD_ROOT, length) == 0;
}

gboolean
odd_call_get_sets_time (XdrReader *call)
{
  const guint32 client_time = 2;

  for (int i = 0; i < 3; i++) /* mode, owner, group */
    if (xdr_get_u32 (call) != 0)
      xdr_get_u32 (call);
  if (xdr_get_u32 (call) != 0)
    odd_call_get_u64 (call);
  if (xdr_get_u32 (call) == client_time)
    odd_call_get_u64 (call);
  return xdr_get_u32 (call) == client_time;
}

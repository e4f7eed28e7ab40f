/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/forgery.h"

#include <string.h>

#include "nfs-server/xdr.h"

/* Of a write's answer: the verifier's two words, how lasting it is, and how much it is. */
#define COUNT_BEFORE_END 16

guint32
forgery_get_u32 (const GByteArray *answer, gsize at)
{
  guint32 value;

  memcpy (&value, answer->data + at, sizeof value);
  return GUINT32_FROM_BE (value);
}

void
forgery_put_u32 (GByteArray *answer, gsize at, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (answer->data + at, &value, sizeof value);
}

gsize
forgery_skip_handle (const GByteArray *answer, gsize at)
{
  return at + 4 + (forgery_get_u32 (answer, at) + 3) / 4 * 4;
}

void
forgery_put_status (GByteArray *answer, guint32 status)
{
  forgery_put_u32 (answer, FORGERY_STATUS_AT, status);
}

void
forgery_refuse (GByteArray *answer, guint32 status, guint words)
{
  g_byte_array_set_size (answer, FORGERY_STATUS_AT);
  xdr_put_u32 (answer, status);
  for (guint i = 0; i < words; i++)
    xdr_put_u32 (answer, 0);
}

void
forgery_shorten (GByteArray *answer, guint32 size)
{
  g_byte_array_set_size (answer, FORGERY_READ_AT + (size + 3) / 4 * 4);
  forgery_put_u32 (answer, FORGERY_READ_AT - 12, size);
  forgery_put_u32 (answer, FORGERY_READ_AT - 8, FALSE);
  forgery_put_u32 (answer, FORGERY_READ_AT - 4, size);
}

void
forgery_put_count (GByteArray *answer, guint32 count)
{
  forgery_put_u32 (answer, answer->len - COUNT_BEFORE_END, count);
}

void
forgery_lose (GByteArray *answer)
{
  answer->data[answer->len - 1] ^= 1;
}

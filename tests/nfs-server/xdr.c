/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/xdr.h"

#include <string.h>

void
xdr_put_u32 (GByteArray *out, guint32 value)
{
  guint32 wire = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &wire, sizeof wire);
}

void
xdr_put_u64 (GByteArray *out, guint64 value)
{
  xdr_put_u32 (out, value >> 32);
  xdr_put_u32 (out, value & G_MAXUINT32);
}

void
xdr_put_bytes (GByteArray *out, gconstpointer data, gsize len)
{
  static const guint8 padding[3] = { 0 };

  xdr_put_u32 (out, len);
  g_byte_array_append (out, data, len);
  g_byte_array_append (out, padding, -len & 3);
}

void
xdr_put_string (GByteArray *out, const char *text)
{
  xdr_put_bytes (out, text, strlen (text));
}

guint32
xdr_get_u32 (XdrReader *self)
{
  guint32 wire;

  self->bad |= self->left < sizeof wire;
  if (self->bad)
    return 0;
  memcpy (&wire, self->data, sizeof wire);
  self->data += sizeof wire;
  self->left -= sizeof wire;
  return GUINT32_FROM_BE (wire);
}

const guint8 *
xdr_get_bytes (XdrReader *self, gsize *ret_len)
{
  const gsize len = xdr_get_u32 (self);
  const gsize padded = len + (-len & 3);
  const guint8 *data = self->data;

  self->bad |= padded > self->left;
  *ret_len = self->bad ? 0 : len;
  if (self->bad)
    return data;
  self->data += padded;
  self->left -= padded;
  return data;
}

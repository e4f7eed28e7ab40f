/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes in was written by whoever answers: no length is believed before it is compared with what is there. */
#include "xdr.h"

#define PADDED(length) (((length) + 3) & ~(gsize) 3)

void
nfs_xdr_put (GByteArray *out, guint32 number)
{
  guint32 wire = GUINT32_TO_BE (number);

  g_byte_array_append (out, (const guint8 *) &wire, sizeof wire);
}

void
nfs_xdr_put_long (GByteArray *out, guint64 number)
{
  nfs_xdr_put (out, (guint32) (number >> 32));
  nfs_xdr_put (out, (guint32) number);
}

void
nfs_xdr_put_data (GByteArray *out, const void *data, gsize length)
{
  static const guint8 padding[4] = { 0 };

  nfs_xdr_put (out, (guint32) length);
  g_byte_array_append (out, data, (guint) length);
  g_byte_array_append (out, padding, (guint) (PADDED (length) - length));
}

/* Lends the next bytes; NULL when there are not as many. */
static const guint8 *
take (NfsXdr *self, gsize n_bytes)
{
  const guint8 *here = self->data;

  if (self->broken || n_bytes > self->left)
    {
      self->broken = TRUE;
      return NULL;
    }
  self->data += n_bytes;
  self->left -= n_bytes;
  return here;
}

guint32
nfs_xdr_get (NfsXdr *self)
{
  const guint8 *here = take (self, 4);

  if (here == NULL)
    return 0;
  return (guint32) here[0] << 24 | (guint32) here[1] << 16 | (guint32) here[2] << 8 | here[3];
}

guint64
nfs_xdr_get_long (NfsXdr *self)
{
  guint64 high = nfs_xdr_get (self);

  return high << 32 | nfs_xdr_get (self);
}

const guint8 *
nfs_xdr_get_data (NfsXdr *self, gsize max, gsize *ret_length)
{
  gsize length = nfs_xdr_get (self);
  const guint8 *here = NULL;

  if (length > max)
    self->broken = TRUE;
  else
    here = take (self, PADDED (length));
  *ret_length = here != NULL ? length : 0;
  return here;
}

void
nfs_xdr_skip (NfsXdr *self, gsize n_bytes)
{
  take (self, n_bytes);
}

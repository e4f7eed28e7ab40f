/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/record.h"

#include <string.h>

/* Every value begins at a multiple of eight, as a variant must. */
static void
pad (GByteArray *self)
{
  static const guint8 zeros[8] = { 0 };

  g_byte_array_append (self, zeros, -self->len & 7);
}

void
record_put_number (GByteArray *self, guint64 value)
{
  g_byte_array_append (self, (const guint8 *) &value, sizeof value);
}

static void
put_bytes (GByteArray *self, gconstpointer data, gsize size)
{
  record_put_number (self, size);
  g_byte_array_append (self, data, size);
  pad (self);
}

void
record_put_text (GByteArray *self, const char *text)
{
  if (text == NULL)
    text = "";
  put_bytes (self, text, strlen (text) + 1);
}

void
record_put_variant (GByteArray *self, GVariant *value)
{
  if (value == NULL)
    record_put_number (self, 0);
  else
    put_bytes (self, g_variant_get_data (value), g_variant_get_size (value));
}

void
record_put_mount (GByteArray *self, const SysMountId *mount)
{
  record_put_number (self, mount->id);
  record_put_number (self, mount->dev);
  record_put_number (self, mount->root);
}

static gconstpointer
take (RecordReader *self, gsize size)
{
  gsize total = 0;
  const guint8 *data = g_bytes_get_data (self->bytes, &total);

  if (self->bad || size > total - self->offset)
    {
      self->bad = TRUE;
      return NULL;
    }
  data += self->offset;
  self->offset = MIN (total, (self->offset + size + 7) & ~(gsize) 7);
  return data;
}

gboolean
record_is_at_end (const RecordReader *self)
{
  return self->offset >= g_bytes_get_size (self->bytes);
}

guint64
record_get_number (RecordReader *self)
{
  const guint8 *data = take (self, sizeof (guint64));
  guint64 value = 0;

  if (data != NULL)
    memcpy (&value, data, sizeof value);
  return value;
}

const char *
record_get_text (RecordReader *self)
{
  gsize size = record_get_number (self);
  const char *text = take (self, size);

  if (text == NULL || size == 0 || text[size - 1] != '\0')
    {
      self->bad = TRUE;
      return "";
    }
  return text;
}

GVariant *
record_get_variant (RecordReader *self, const GVariantType *type)
{
  gsize size = record_get_number (self);
  gsize offset = self->offset;

  if (size == 0 || take (self, size) == NULL)
    return NULL;

  g_autoptr (GBytes) part = g_bytes_new_from_bytes (self->bytes, offset, size);

  return g_variant_ref_sink (g_variant_new_from_bytes (type, part, FALSE));
}

SysMountId
record_get_mount (RecordReader *self)
{
  SysMountId mount = { .id = record_get_number (self) };

  mount.dev = record_get_number (self);
  mount.root = record_get_number (self);
  return mount;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/payload.h"

Payload *
payload_new (guint n_keys, gsize size)
{
  Payload *self = g_new0 (Payload, 1);

  g_assert (n_keys <= PAYLOAD_MAX_KEYS);
  self->n_keys = n_keys;
  self->size = size;
  for (guint i = 0; i < n_keys; i++)
    {
      self->names[i] = g_strdup_printf ("key-%u", i);
      self->links[i] = g_strdup_printf ("..data/key-%u", i);
      self->contents[i] = g_malloc (size);
      for (gsize k = 0; k < size; k++)
        self->contents[i][k] = 'a' + (k * 7 + i) % 26;
    }
  return self;
}

void
payload_free (Payload *self)
{
  for (guint i = 0; i < self->n_keys; i++)
    {
      g_free (self->names[i]);
      g_free (self->links[i]);
      g_free (self->contents[i]);
    }
  g_free (self);
}

void
payload_touch (Payload *self)
{
  self->version++;
}

void
payload_change (Payload *self)
{
  guint8 *content = self->contents[self->n_keys / 2];

  self->version++;
  content[self->size / 2] = 'A' + self->version % 26;
}

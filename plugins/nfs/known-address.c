/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "known-address.h"

void
nfs_known_address_init (NfsKnownAddress *self, const NfsEndpoint *endpoint)
{
  *self = (NfsKnownAddress){ .endpoint = *endpoint };
  g_mutex_init (&self->lock);
}

void
nfs_known_address_clear (NfsKnownAddress *self)
{
  g_mutex_clear (&self->lock);
}

void
nfs_known_address_set (NfsKnownAddress *self, const NfsEndpoint *endpoint)
{
  g_mutex_lock (&self->lock);
  self->endpoint = *endpoint;
  g_mutex_unlock (&self->lock);
}

gboolean
nfs_known_address_get (NfsKnownAddress *self, NfsEndpoint *ret_endpoint)
{
  g_mutex_lock (&self->lock);
  *ret_endpoint = self->endpoint;
  g_mutex_unlock (&self->lock);
  return ret_endpoint->length > 0;
}

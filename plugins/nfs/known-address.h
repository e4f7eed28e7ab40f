/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a server was reached last. Its name is looked up for each connection, as it may have moved; but name servers
 * fail as well, and a server that is back where it was is not to be missed because of them. */
#pragma once

#include "endpoint.h"

/* Any thread. */
typedef struct {
  GMutex      lock;
  NfsEndpoint endpoint; /* no length: nowhere yet */
} NfsKnownAddress;

/* @endpoint: where it was reached before this process; no length: it was not. */
void nfs_known_address_init  (NfsKnownAddress *self, const NfsEndpoint *endpoint);
void nfs_known_address_clear (NfsKnownAddress *self);

void     nfs_known_address_set (NfsKnownAddress *self, const NfsEndpoint *endpoint);
/* FALSE: none is known. */
gboolean nfs_known_address_get (NfsKnownAddress *self, NfsEndpoint *ret_endpoint);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to a server's lock manager, and whether it has one. */
#pragma once

#include "known-address.h"
#include "rpc.h"

typedef struct {
  const char *server;   /* a name, or an address without brackets; it is looked up each time */
  int         family;   /* AF_INET, AF_INET6, AF_UNSPEC */
  gboolean    any_port; /* the connection need not come from a reserved one */
  /* Which of its addresses is called first, and where it is taken to be when its name leads nowhere; or NULL. */
  NfsKnownAddress *known;
} NlmPlace;

/* Connects @rpc, which has none, and has the lock manager answer. @rpc keeps @deadline. A server that is away is not
 * waited for long: it is called again. FALSE with a cause, or cancelled. */
gboolean nlm_link_open (NfsRpc *rpc, const NlmPlace *place, const NfsDeadline *deadline, GError **error);

/* Asks a server, at set-up, for a lock manager. Without one the volume's author must say that locks may end at this
 * node: KVOL_ERROR_INVALID_SPEC and a sentence. Other errors are the causes of no answer. @ret_warning (transfer full):
 * a sentence when the lock manager is going to deny every lock, else NULL. */
gboolean nlm_link_check (const NlmPlace *place, const NfsDeadline *deadline, char **ret_warning, GError **error);

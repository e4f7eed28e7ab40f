/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serviceAccountToken: a file with a token that the host keeps fresh. */
#pragma once

#include "payload.h"

/* The token that @options (audience, expirationSeconds) ask for: ay, wiped when it is let go of. *@ret_version changes
 * whenever it does; *@ret_due: when to ask again. */
GVariant *projection_token_fetch (GVariant *options, const KvolHost *host, const KvolPodVolume *volume,
                                  char **ret_version, gint64 *ret_due, GCancellable *cancellable, GError **error);

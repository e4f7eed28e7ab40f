/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services of the host, for a plugin in a worker. */
#pragma once

#include "loader/wire.h"

/* Runs the service that @asked names. @running is the call that the plugin is in: a service without a volume of its
 * own is about that call's. Always sets @error when it answers FALSE. */
gboolean loader_service_run (const KvolHost *host, const WireRequest *running, const WireRequest *asked,
                             WireAnswer *answer, GCancellable *cancellable, GError **error);

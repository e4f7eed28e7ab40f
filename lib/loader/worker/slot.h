/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to the plugin's slot. */
#pragma once

#include "loader/plugin.h"
#include "loader/wire.h"

/* Calls the slot that @request names. FALSE always sets @error. */
gboolean slot_call (const LoaderPlugin *plugin, const WireRequest *request, WireAnswer *answer, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/engine.h"

/* See kvol_manager_probe(). */
GVariant *engine_probe (Engine *self, const char *plugin, GVariant *options, const char *const *mount_options,
                        GCancellable *cancellable, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine's questions to whoever made it. The answer may be a long time coming, or never come. */
#pragma once

#include "engine/state.h"

/* As EngineOps says. */
GVariant *engine_ask_object (Engine *self, const char *api_version, const char *kind, const char *ns, const char *name,
                             GCancellable *cancellable, GError **error);
char     *engine_ask_image  (Engine *self, GVariant *request, GCancellable *cancellable, GError **error);
/* An EngineTokenFetch; @engine is the engine. */
GVariant *engine_ask_token  (gpointer engine, GVariant *request, GCancellable *cancellable, GError **error);

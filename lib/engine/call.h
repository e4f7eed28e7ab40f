/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin is told about a volume. */
#pragma once

#include "engine/state.h"

typedef struct {
  KvolNodeVolume node;
  KvolPodVolume  pod;

  /*< private >*/
  const ModelSecretRef *secret; /* NULL: the driver gets none */
  GVariant             *secrets;
} EngineCall;

void engine_call_clear (EngineCall *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EngineCall, engine_call_clear)

/* Fills in @self from what is known of the volume: all of it before a set-up, names and the record after a loss. It
 * borrows from @pod and @volume, and must not be moved. */
void engine_call_init (EngineCall *self, Engine *engine, const EnginePod *pod, EngineVolume *volume);

/* Asks the store for the Secret that the volume's driver is to have, if there is one. It is known to @self alone. */
gboolean engine_call_add_secrets (EngineCall *self, Engine *engine, const EnginePod *pod, GCancellable *cancellable,
                                  GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin is told about a volume. */
#pragma once

#include "engine/state.h"

typedef struct {
  KvolNodeVolume node;
  KvolPodVolume  pod;
} EngineCall;

/* Fills in @self from what is known of the volume: all of it before a set-up, names and the record after a loss. It
 * borrows from @pod and @volume, and must not be moved. */
void engine_call_init (EngineCall *self, Engine *engine, const EnginePod *pod, EngineVolume *volume);

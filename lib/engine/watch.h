/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes that tell by a descriptor when they want to be looked at: a process behind one has died. One thread, made at
 * the first need, waits for all of them; what it does then is what a refresh in time does. */
#pragma once

#include "engine/state.h"

typedef struct _EngineWatch EngineWatch;

EngineWatch *engine_watch_new  (Engine *engine);
/* No volume is looked at any more when it comes back, nor ever again: work that is under way may still ask for it. */
void         engine_watch_stop (EngineWatch *self);
/* Once it is stopped, and nobody works any more. */
void         engine_watch_free (EngineWatch *self);

/* By the owner of the pod's claim: looks at @fd, which is taken, for @volume from now on, instead of what it had
 * before; -1: at nothing. */
void engine_watch_set (EngineWatch *self, const EnginePod *pod, EngineVolume *volume, int fd);
/* What is behind the volume has died, and is replaced: what dies again and again is looked at ever less often. */
void engine_watch_lost (EngineVolume *volume);
/* The volume is going. */
void engine_watch_drop (EngineVolume *volume);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may touch a pod when: one operation at a time, and whoever waits is woken. */
#pragma once

#include "engine/state.h"

/* Claims the pod, waiting for whoever has it. An unknown one is read from its record or found on disk; when there is
 * neither, one is made (@create) or ABSENT. */
EnginePod *engine_claim (Engine *self, const char *uid, gboolean create, GCancellable *cancellable, GError **error);

/* Ends the claim; @forget: nothing is left of the pod, it goes with it. Wakes who waits. */
void engine_release (Engine *self, EnginePod *pod, gboolean forget);

/* The claim's owner begins to work for what is wanted: the answer, lent until engine_end_work(), is for whatever may
 * wait for somebody else. It is cancelled when the wish for the pod ends. */
GCancellable *engine_begin_work (Engine *self, EnginePod *pod);
void          engine_end_work   (Engine *self, EnginePod *pod);

gboolean engine_is_wanted (Engine *self, const char *uid);

/* Called with the lock held; it is given back meanwhile. */
void engine_wait_for_change (Engine *self);

/* Wakes everybody who waits for a change when @cancellable fires; for g_cancellable_disconnect(), not under the
 * lock. */
gulong engine_wake_when_cancelled (Engine *self, GCancellable *cancellable);

/* Says what stands in the volume's place now. */
void engine_set_made (Engine *self, EngineVolume *volume, EngineMade made, const SysMountId *mount,
                      const char *host_path);

/* Changes the shared state of a volume and tells about it. Takes over @error, which may be NULL. */
void engine_set_state (Engine *self, EnginePod *pod, EngineVolume *volume, EngineState state, GError *error);

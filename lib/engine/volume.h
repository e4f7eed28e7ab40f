/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One volume in one pod: from its source to its place, and back. The caller has claimed the pod. */
#pragma once

#include "engine/layout.h"
#include "engine/state.h"

/* Sets the volume up in its place; finds what an earlier try left and goes on from there. On success the volume is
 * READY; on failure nothing new is left. */
gboolean engine_volume_set_up (Engine *self, EnginePod *pod, EngineVolume *volume, LayoutPod *layout,
                               GCancellable *cancellable, GError **error);

/* Whether what the volume was made is still in its place. Asks the kernel about this one mount. */
gboolean engine_volume_is_there (Engine *self, const EngineVolume *volume);

/* Opens a READY volume in its place, or at its host path, O_PATH. ABSENT: it is not in its place any more; BUSY:
 * somebody else's mount is. */
int engine_volume_open (Engine *self, const EngineVolume *volume, GError **error);

typedef enum {
  ENGINE_LOSS_NONE,
  ENGINE_LOSS_GONE, /* it is not in its place any more, as far as can be seen: set it up again */
  ENGINE_LOSS_DEAD, /* what is mounted will never answer again, says its plugin: take it down before */
} EngineLoss;

/* Brings the content of a READY volume up to date. */
gboolean engine_volume_refresh (Engine *self, EnginePod *pod, EngineVolume *volume, EngineLoss *ret_loss,
                                GCancellable *cancellable, GError **error);

/* Takes the volume down from what is recorded and the kernel alone. Success when it is gone already. Deletes nothing
 * before it is proven that no mount is in the way. */
gboolean engine_volume_take_down (Engine *self, EnginePod *pod, EngineVolume *volume, LayoutPod *layout,
                                  GCancellable *cancellable, GError **error);

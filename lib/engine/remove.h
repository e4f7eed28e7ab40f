/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what there is of a pod to nothing. See engine.h for engine_remove_pod(). */
#pragma once

#include "engine/state.h"

/* Removes a pod unless somebody has asked for it meanwhile. */
void engine_remove_unwanted (Engine *self, const char *uid);

/* The caller has claimed the pod. TRUE: nothing of it is left. */
gboolean engine_remove_claimed (Engine *self, EnginePod *pod, GCancellable *cancellable, GError **error);

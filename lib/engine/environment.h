/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment of a pod's container, with the objects of the store and the amounts of this node. */
#pragma once

#include "engine/state.h"
#include "model/pod.h"

/* As model_environment_new() makes it; (transfer full). No lock is held. */
GHashTable *engine_environment_new (Engine *self, const ModelPod *pod, const ModelContainer *container,
                                    GCancellable *cancellable, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what is wanted of a pod to what is there. See engine.h for engine_sync_pod() and engine_wait_pod(). */
#pragma once

#include "engine/state.h"

/* A retry: the same pass for a pod that is still wanted and still not ready. */
void engine_sync_again (Engine *self, const char *uid);

/* The same for a pod that has a volume whose time has come. */
void engine_sync_due (Engine *self, const char *uid);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trying again: a pod whose sync, or removal in the background, failed with an error that may mend itself is tried
 * again after a back-off of 0.5 s, doubled each time, up to 2 min 2 s (upstream
 * pkg/util/goroutinemap/exponentialbackoff). One sleeping thread, made at the first need, knows when the next is
 * due. */
#pragma once

#include "engine/state.h"

typedef struct _EngineRetry EngineRetry;

/* Does something about a pod in the background. */
typedef void (*EngineWork) (Engine *engine, const char *uid);

/* @again is what a retry does. */
EngineRetry *engine_retry_new  (Engine *engine, EngineWork again);
/* Waits for retries that run. */
void         engine_retry_free (EngineRetry *self);

/* Both are called by the owner of the claim. */
void engine_retry_schedule (EngineRetry *self, EnginePod *pod);
void engine_retry_cancel   (EngineRetry *self, EnginePod *pod);

/* Does @work soon. */
void engine_retry_push (EngineRetry *self, EngineWork work, const char *uid);

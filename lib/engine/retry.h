/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trying again: a pod whose sync failed with an error that may mend itself is tried again after a back-off of 0.5 s,
 * doubled each time, up to 2 min 2 s (upstream pkg/util/goroutinemap/exponentialbackoff). One sleeping thread, made
 * at the first need, knows when the next is due. */
#pragma once

#include "engine/pod.h"

typedef struct _EngineRetry EngineRetry;

EngineRetry *engine_retry_new  (Engine *engine);
/* Waits for retries that run. */
void         engine_retry_free (EngineRetry *self);

/* Both are called by the owner of the claim. */
void engine_retry_schedule (EngineRetry *self, EnginePod *pod);
void engine_retry_cancel   (EngineRetry *self, EnginePod *pod);

/* Does something about a pod in the background, soon. */
typedef enum { ENGINE_RETRY_SYNC, ENGINE_RETRY_REMOVE } EngineRetryWork;
void engine_retry_push (EngineRetry *self, EngineRetryWork work, const char *uid);

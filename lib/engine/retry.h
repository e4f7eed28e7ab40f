/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trying again: a pod whose sync, or removal in the background, failed with an error that may mend itself is tried
 * again after a back-off of 0.5 s, doubled each time, up to 2 min 2 s (upstream
 * pkg/util/goroutinemap/exponentialbackoff). And refreshing in time: a pod with a volume that does not stay good, as a
 * token does not, is looked at again when the volume's plugin has said. One sleeping thread, made at the first need,
 * knows when the next is due.
 *
 * A few threads do it all. One of them that has to wait for somebody, who may never answer, steps aside, and another
 * takes its place: only the pod that waits is kept waiting. */
#pragma once

#include "engine/state.h"

typedef struct _EngineRetry EngineRetry;

/* Does something about a pod in the background. */
typedef void (*EngineWork) (Engine *engine, const char *uid);

/* @again is what a retry does, @refresh what is done for a pod whose volumes are due. */
EngineRetry *engine_retry_new  (Engine *engine, EngineWork again, EngineWork refresh);
/* Waits for retries that run; others are not begun any more. */
void         engine_retry_stop (EngineRetry *self);
void         engine_retry_free (EngineRetry *self);

/* These are called by the owner of the claim. */
void engine_retry_schedule (EngineRetry *self, EnginePod *pod);
/* Also a refresh that was to come. */
void engine_retry_cancel   (EngineRetry *self, EnginePod *pod);

/* Lets the pod be refreshed at @usec (wall clock). @hurries: it was due just now, and is so soon again;
 * each time that follows another comes later, so that no plugin and no store keeps a thread busy. */
void engine_retry_refresh_at (EngineRetry *self, EnginePod *pod, gint64 usec, gboolean hurries);

/* Does @work soon. */
void engine_retry_push (EngineRetry *self, EngineWork work, const char *uid);

/* Around a wait, by any thread, without the lock: answers whether it is one of those that do the work and has stepped
 * aside, which is @aside at the end. */
gboolean engine_retry_step_aside (EngineRetry *self);
void     engine_retry_step_back  (EngineRetry *self, gboolean aside);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is not as it should be about a volume that works all the same: plugins warn of it while they are called, and
 * whoever asks for the status is shown it, also after a restart. */
#pragma once

#include "engine/record.h"
#include "engine/state.h"

typedef struct {
  char    *reason;  /* one word, "SwapPossible" */
  char    *text;    /* a sentence */
  enum {
    ENGINE_CONDITION_OF_SET_UP, /* holds until the next set-up */
    ENGINE_CONDITION_PASSING,   /* a refresh said so: the next one says it again, or it is over */
    ENGINE_CONDITION_LASTING,   /* holds for as long as the pod has the volume */
  } kind;
  gboolean stale;   /* it was not said again yet */
} EngineCondition;

void engine_condition_free (EngineCondition *self);

/* Between these two the calling thread calls the plugin about the volume, and what the plugin warns of is a condition
 * of it. What it warned of before and does not any more is dropped at the end: by a set-up all of that, by a refresh of
 * a READY volume what a refresh had said. */
void engine_condition_begin (Engine *self, EngineVolume *volume);
void engine_condition_end   (Engine *self, EnginePod *pod, EngineVolume *volume);

/* Between them: what was warned of in this call holds for as long as the pod has the volume. */
void engine_condition_keep  (Engine *self, EngineVolume *volume);

/* Takes the event in: a warning from within such a call is a condition; all are logged when they are news. */
void engine_condition_hear  (Engine *self, const char *plugin, gboolean warning, const char *reason, const char *text);
/* A warning of the engine's own. */
void engine_condition_add   (Engine *self, EnginePod *pod, EngineVolume *volume, const char *reason, const char *text);

/* It is over. */
void engine_condition_drop  (Engine *self, EnginePod *pod, EngineVolume *volume, const char *reason);

/* Lends the sentence of the condition, or NULL. Called with the lock held, or by who has the pod claimed. */
const char *engine_condition_get_text (const EngineVolume *volume, const char *reason);

/* aa{sv}, floating, or NULL: there are none. Called with the lock held. */
GVariant *engine_condition_list (const EngineVolume *volume);

/* In a record. */
void engine_condition_put (GByteArray *record, const EngineVolume *volume);
void engine_condition_get (RecordReader *record, EngineVolume *volume);

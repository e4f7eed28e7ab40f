/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of the binds of a volume's subPaths. As with the volume itself, a mount that is found where a bind
 * belongs is ours when it has the id on record, and by nothing else.
 *
 * Before a bind is hung, a record says that it is about to be, without an id: its place was looked at and was not
 * somebody else's then. What is found there after a kill is therefore ours too. */
#pragma once

#include "engine/record.h"
#include "engine/state.h"

typedef struct {
  char      *container;
  guint      index;     /* of the mount among the container's */
  char      *path;      /* what of the volume it shows; NULL: about to be bound */
  SysMountId mount;     /* not set: about to be bound */
} EngineBind;

/* Lends it, or NULL. Called with the lock held, or by who has the pod claimed. */
EngineBind *engine_bind_find  (const EngineVolume *volume, const char *container, guint index);

/* Makes it one that is about to be bound. Answers whether that is news, which is to be written down first. */
gboolean    engine_bind_begin (Engine *self, EngineVolume *volume, const char *container, guint index);

/* It is bound. */
void        engine_bind_done  (Engine *self, EnginePod *pod, EngineBind *bind, const char *path,
                               const SysMountId *mount);

/* Nothing came of it. */
void        engine_bind_drop  (Engine *self, EngineVolume *volume, const char *container, guint index);

/* Whether the mount @info, found in the place of that bind, is it. */
gboolean    engine_bind_is_own (const EnginePod *pod, const EngineVolume *volume, const char *container,
                                guint index, const SysMountInfo *info);

/* In a record. */
void engine_bind_put (GByteArray *record, const EngineVolume *volume);
void engine_bind_get (RecordReader *record, EngineVolume *volume, gboolean same_boot);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A KvolStore of objects that the test sets and takes away. */
#pragma once

#include <kvol/kvol-store.h>

#define TYPE_MEMORY_STORE (memory_store_get_type ())
G_DECLARE_FINAL_TYPE (MemoryStore, memory_store, MEMORY, STORE, GObject)

MemoryStore *memory_store_new (void);

/* Sets an object of @kind ("ConfigMap" or "Secret") with the text @data: pairs of key and value, NULL at the end. Its
 * version is new each time. */
void memory_store_set (MemoryStore *self, const char *kind, const char *ns, const char *name, ...)
    G_GNUC_NULL_TERMINATED;
/* Gives a Secret that is there its type. */
void memory_store_set_type (MemoryStore *self, const char *ns, const char *name, const char *type);
void memory_store_remove (MemoryStore *self, const char *kind, const char *ns, const char *name);

/* From now on answers come asynchronously, on the manager's main context. */
void memory_store_be_slow (MemoryStore *self);

/* From now on everything is answered twice, and the second time when the question is long over. */
void memory_store_be_insistent (MemoryStore *self);

/* From now on nothing is answered until memory_store_answer_all(). */
void memory_store_be_mute (MemoryStore *self);
/* The same for objects of this name only. */
void memory_store_be_mute_about (MemoryStore *self, const char *name);
guint memory_store_count_unanswered (MemoryStore *self);
void memory_store_answer_all (MemoryStore *self);

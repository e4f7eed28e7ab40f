/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one owner has locked of one file, as fcntl(2) has it: a later lock takes the place of an earlier one where they
 * overlap, and an unlock may leave parts on both sides. */
#pragma once

#include "lock-range.h"

typedef struct {
  GArray *ranges; /* (element-type LockRange), in order, none of them touching one of its own type */
} LockSet;

void lock_set_init  (LockSet *self);
void lock_set_clear (LockSet *self);

gboolean lock_set_is_empty (const LockSet *self);

/* LOCK_NONE unlocks. */
void lock_set_put (LockSet *self, const LockRange *range);

/* The first stretch from @start to @last at the most, held in one way or not at all: the way to go through all of
 * them is to begin again behind it. */
LockRange lock_set_look (const LockSet *self, guint64 start, guint64 last);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes new texts of old ones. */
#pragma once

#include <glib.h>

#define MUTATOR_MAX 4096 /* bytes of a text */

typedef struct {
  GRand     *rand;
  GPtrArray *words; /* char: of the dictionary */
} Mutator;

/* Reads the dictionary, a word a line, with the escapes of C. */
gboolean mutator_init  (Mutator *self, guint32 seed, const char *dictionary, GError **error);
void     mutator_clear (Mutator *self);

/* Changes @text in a few places; @other is a text from which it may borrow. */
void     mutator_change (Mutator *self, GString *text, GBytes *other);

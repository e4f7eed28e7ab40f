/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SipHash-2-4: a hash of what others choose. Without the key nobody finds two names that have the same one. */
#pragma once

#include <glib.h>

typedef struct {
  guint64 words[2];
} HashKey;

/* That nobody can guess. */
void    hash_key_init (HashKey *self);

guint64 keyed_hash (const HashKey *key, gconstpointer data, gsize length);

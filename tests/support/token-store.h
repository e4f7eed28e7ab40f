/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A KvolStore that hands out service account tokens: "token-1", "token-2", ... Objects are those of a MemoryStore. */
#pragma once

#include "support/memory-store.h"

#define TYPE_TOKEN_STORE (token_store_get_type ())
G_DECLARE_FINAL_TYPE (TokenStore, token_store, TOKEN, STORE, GObject)

/* Tokens are good for an hour. */
TokenStore *token_store_new (MemoryStore *objects);

#define TOKEN_REFUSED (-1)
/* How long, in seconds, the next token is good, and how long those after it; TOKEN_REFUSED: the store says "no answer".
 * Two, because the second may be asked for before anybody could say so. */
void token_store_script (TokenStore *self, gint64 next, gint64 later);

/* How many were asked for. */
guint     token_store_count        (TokenStore *self);
/* What was asked last, or NULL. (transfer none) */
GVariant *token_store_last_request (TokenStore *self);

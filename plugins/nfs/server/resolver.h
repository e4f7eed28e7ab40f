/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the server's name to an address of it, for one connection after the other. Name servers may take long, five
 * seconds for the first of two that is gone; so an answer that comes when it is not waited for any more is kept for the
 * next attempt, and there is one question at a time. Of the thread of its loop. */
#pragma once

#include "endpoint.h"
#include "volume.h"

typedef struct _Resolver Resolver;

/* @endpoint: NULL when there is none, and why. */
typedef void (*ResolverAnswer) (gpointer data, const NfsEndpoint *endpoint, const char *reason);

Resolver *resolver_new  (Loop *loop, ResolverAnswer answer, gpointer data);
void      resolver_free (Resolver *self);

/* The answer comes at once, or later unless it is given up. Each time it is the next one of the name's addresses,
 * from the one where the server was last, or the first. */
void resolver_ask        (Resolver *self);
void resolver_give_up    (Resolver *self);
/* There is a connection. The next one may be made much later: what was asked before is nothing to go by then. */
void resolver_forget     (Resolver *self);
/* The server has answered there: the next time begins with that address again. */
void resolver_start_over (Resolver *self);

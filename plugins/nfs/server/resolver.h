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

/* The answer comes at once, or later unless it is given up. What was found before is called to the end first: the
 * address where the server was last, and one of the others. */
void     resolver_ask        (Resolver *self);
void     resolver_give_up    (Resolver *self);
/* Whether there is another address to call before a pause. */
gboolean resolver_has_more   (const Resolver *self);
/* The server has answered at the address that was told last. What was found before is nothing to go by the next time,
 * which may be much later. */
void     resolver_start_over (Resolver *self);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a large write from the room that it is kept in to the connection, on which its pages are lent and not
 * copied: through a pipe, into the socket. Nothing else may be put there until the connection has done with them. */
#pragma once

#include <glib.h>

#include "page-pipe.h"

typedef struct {
  PagePipe pipe;
  gsize    held; /* in the pipe: of what is poured, the next to go */
} Sluice;

#define SLUICE_CLOSED { .pipe = PAGE_PIPE_CLOSED }

/* FALSE: this process may have none. */
gboolean sluice_is_open (Sluice *self);
void     sluice_close   (Sluice *self);

/* Lends of the @size bytes at @from what goes at once, and answers how much. What does not go is next, before anything
 * else. Or a negative errno: EAGAIN, nothing goes now; ENOSYS, nothing can go by its pages from here on. */
gssize   sluice_pour    (Sluice *self, const char *from, gsize size, int socket);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A large write that has the connection to itself: most programs write one piece after the other, and while the server
 * takes the one from the network and puts it down, its other threads have nothing to do. So it goes as two, and the
 * server takes the second half while it puts down the first. Who asked is answered once, as if it had been one. */
#pragma once

#include <glib.h>

#include "procedure.h"

typedef enum {
  HALF_FIRST,
  HALF_SECOND,
  N_HALVES
} Half;

typedef struct _Halves Halves;

/* Where the second half of @args begins; 0: it is better asked as one. */
count3  halves_get_middle (const WRITE3args *args);

/* With one reference for each half, which are of these sizes. */
Halves *halves_new   (count3 first, count3 second);
void    halves_unref (Halves *self);

/* One is answered; NULL: what came is no answer. TRUE when both are, and @ret_whole is filled. */
gboolean halves_take (Halves *self, Half half, const WRITE3res *answer, WriteResult *ret_whole);

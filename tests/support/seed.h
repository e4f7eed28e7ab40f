/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the random rounds of a test begin. It is printed, and TEST_SEED=N in the environment begins there again. */
#pragma once

#include <glib.h>

guint32 seed_choose   (void);
/* Random numbers from there on; the caller frees them. */
GRand  *seed_rand_new (void);

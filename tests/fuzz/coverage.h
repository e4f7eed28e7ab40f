/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ways through the library an input takes. */
#pragma once

#include <glib.h>

/* Forgets the last input's way. */
void     coverage_reset (void);

/* Adds the way since then to all that are known; answers whether something in it is new. */
gboolean coverage_learn (void);

/* How many steps, from one branch to the next, are known. */
guint    coverage_count (void);

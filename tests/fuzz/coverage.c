/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gcc has no libFuzzer, but it calls __sanitizer_cov_trace_pc() at each branch (-fsanitize-coverage=trace-pc). As AFL
 * does, the step from one branch to the next is counted in a small table, and an input is new when a step is, or when
 * it is taken a new order of magnitude of times. The call has no argument, so that the tables cannot but be static. */
#include "coverage.h"

#include <string.h>

#define STEPS 65536

void __sanitizer_cov_trace_pc (void);

static guint8 taken[STEPS]; /* by this input */
static guint8 known[STEPS]; /* a bit for each order of magnitude */
static gsize previous;

void
__sanitizer_cov_trace_pc (void)
{
  /* Relative, so that a seed leads the same way wherever the program is loaded. */
  gsize here = (gsize) __builtin_return_address (0) - (gsize) &__sanitizer_cov_trace_pc;
  guint8 *step = &taken[((here * 2654435761u >> 8) ^ previous) % STEPS];

  *step += *step < G_MAXUINT8;
  previous = (here * 2654435761u >> 9) % STEPS;
}

void
coverage_reset (void)
{
  memset (taken, 0, sizeof (taken));
  previous = 0;
}

gboolean
coverage_learn (void)
{
  gboolean is_new = FALSE;

  for (gsize i = 0; i < STEPS; i++)
    {
      guint8 magnitude = taken[i] != 0 ? 1 << (g_bit_storage (taken[i]) - 1) : 0;

      is_new = is_new || (magnitude & ~known[i]) != 0;
      known[i] |= magnitude;
    }
  return is_new;
}

guint
coverage_count (void)
{
  guint count = 0;

  for (gsize i = 0; i < STEPS; i++)
    count += known[i] != 0;
  return count;
}

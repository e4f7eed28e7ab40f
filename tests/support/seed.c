/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

guint32
seed_choose (void)
{
  const char *given = g_getenv ("TEST_SEED");
  guint64 seed = g_random_int ();

  if (given != NULL && !g_ascii_string_to_unsigned (given, 10, 0, G_MAXUINT32, &seed, NULL))
    fail_msg ("TEST_SEED=%s is no number of 32 bits", given);
  print_message ("# TEST_SEED=%u\n", (guint32) seed);
  return (guint32) seed;
}

GRand *
seed_rand_new (void)
{
  return g_rand_new_with_seed (seed_choose ());
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ranges of an owner against a file of so few bytes that each can be asked for by itself. */
#include "lock-set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_BYTES 24
#define N_ROUNDS 20000

/* Neighbours of one kind are one range, and nothing is held twice. */
static void
assert_in_order (const LockSet *set)
{
  for (guint i = 1; i < set->ranges->len; i++)
    {
      const LockRange *before = &g_array_index (set->ranges, LockRange, i - 1);
      const LockRange *range = &g_array_index (set->ranges, LockRange, i);

      assert_true (before->last < range->start);
      assert_true (before->last + 1 < range->start || before->type != range->type);
    }
}

static void
each_byte_is_held_as_it_was_locked_last (void **state)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  LockType bytes[N_BYTES] = { LOCK_NONE };
  LockSet set;

  lock_set_init (&set);
  for (guint round = 0; round < N_ROUNDS; round++)
    {
      const guint64 start = (guint64) g_rand_int_range (random, 0, N_BYTES);
      const guint64 last = (guint64) g_rand_int_range (random, (gint32) start, N_BYTES);
      const LockRange range = { start, last, (LockType) g_rand_int_range (random, LOCK_NONE, LOCK_EXCLUSIVE + 1) };

      lock_set_put (&set, &range);
      for (guint64 i = start; i <= last; i++)
        bytes[i] = range.type;
      for (guint64 i = 0; i < N_BYTES; i++)
        assert_int_equal (lock_set_look (&set, i, i).type, bytes[i]);
      assert_in_order (&set);
    }
  lock_set_clear (&set);
}

static void
going_through_all_stretches_ends_at_the_last_byte (void **state)
{
  const LockRange middle = { 10, 19, LOCK_SHARED };
  const LockRange end = { 100, LOCK_LAST, LOCK_EXCLUSIVE };
  guint n = 0;
  LockSet set;

  lock_set_init (&set);
  lock_set_put (&set, &middle);
  lock_set_put (&set, &end);
  for (guint64 start = 0; start <= LOCK_LAST; n++)
    start = lock_set_look (&set, start, LOCK_LAST).last + 1;
  assert_int_equal (n, 4);
  lock_set_clear (&set);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_byte_is_held_as_it_was_locked_last),
    cmocka_unit_test (going_through_all_stretches_ends_at_the_last_byte),
  };

  return cmocka_run_group_tests_name ("nfs lock set", tests, NULL, NULL);
}

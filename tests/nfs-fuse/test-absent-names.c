/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a directory's names, without a server: who is told what, for how long, and how much is kept. */
#include "absent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keyed-hash.h"

#define VALID 1000
#define DIR 7
#define MAKER 100
#define OTHER 200
#define NOW 5000
/* More than are remembered at a time. */
#define N_DIRS 1000
#define N_MAKERS 1000

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Absent, absent_free)

/* Makes as many names as it takes; 0: no number of them leads to a listing. */
static guint64
begin_listing (Absent *absent, guint64 directory, gint64 now)
{
  guint64 listing = 0;

  for (guint i = 0; listing == 0 && i < ABSENT_NAMES_MAX; i++)
    listing = absent_count (absent, directory, MAKER, now);
  return listing;
}

static void
learn (Absent *absent, guint64 directory, gint64 now)
{
  const guint64 listing = begin_listing (absent, directory, now);

  assert_int_not_equal (listing, 0);
  assert_true (absent_take (absent, directory, listing, "there"));
  absent_end (absent, directory, listing, TRUE, now);
}

static void
a_name_that_was_not_listed_is_absent (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  learn (absent, DIR, NOW);
  assert_false (absent_say (absent, DIR, "there", MAKER, NOW));
  assert_true (absent_say (absent, DIR, "new", MAKER, NOW));
  assert_false (absent_say (absent, DIR + 1, "new", MAKER, NOW));
}

static void
it_is_so_until_what_was_learnt_is_too_old (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  learn (absent, DIR, NOW);
  absent_count (absent, DIR, MAKER, NOW + VALID - 1);
  assert_true (absent_say (absent, DIR, "a", MAKER, NOW + VALID - 1));
  assert_false (absent_say (absent, DIR, "b", MAKER, NOW + VALID));
}

/* However late the answer comes. */
static void
its_age_is_counted_from_when_it_was_asked_for (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  const guint64 listing = begin_listing (absent, DIR, NOW);

  absent_end (absent, DIR, listing, TRUE, NOW + VALID - 1);
  absent_count (absent, DIR, MAKER, NOW + VALID);
  assert_false (absent_say (absent, DIR, "new", MAKER, NOW + VALID));
}

static void
only_who_makes_names_there_is_told_and_only_once (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  learn (absent, DIR, NOW);
  assert_false (absent_say (absent, DIR, "new", OTHER, NOW));
  assert_true (absent_say (absent, DIR, "new", MAKER, NOW));
  assert_false (absent_say (absent, DIR, "new", MAKER, NOW));
  absent_count (absent, DIR, OTHER, NOW);
  assert_false (absent_say (absent, DIR, "new", OTHER, NOW));
  assert_true (absent_say (absent, DIR, "newer", OTHER, NOW));
}

static void
who_makes_nothing_any_more_is_not_told (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  learn (absent, DIR, NOW);
  learn (absent, DIR, NOW + VALID);
  absent_count (absent, DIR, OTHER, NOW + VALID - 1);
  assert_true (absent_say (absent, DIR, "a", OTHER, NOW + 2 * VALID - 2));
  assert_false (absent_say (absent, DIR, "b", OTHER, NOW + 2 * VALID - 1));
}

static void
a_name_that_was_made_is_not_absent (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  learn (absent, DIR, NOW);
  absent_note (absent, DIR, "a");
  assert_false (absent_say (absent, DIR, "a", MAKER, NOW));
  assert_true (absent_say (absent, DIR, "b", MAKER, NOW));
  absent_note (absent, DIR, "b");
  assert_false (absent_say (absent, DIR, "b", MAKER, NOW));
}

/* The listing may have passed where the name would have been. */
static void
a_name_that_is_made_during_a_listing_is_not_absent (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  guint64 listing = begin_listing (absent, DIR, NOW);

  absent_note (absent, DIR, "first");
  absent_end (absent, DIR, listing, TRUE, NOW);
  assert_false (absent_say (absent, DIR, "first", MAKER, NOW));

  /* The next one, while the last is still believed. */
  listing = begin_listing (absent, DIR, NOW + VALID - 1);
  absent_note (absent, DIR, "second");
  assert_false (absent_say (absent, DIR, "second", MAKER, NOW + VALID - 1));
  absent_end (absent, DIR, listing, TRUE, NOW + VALID - 1);
  assert_false (absent_say (absent, DIR, "second", MAKER, NOW + VALID - 1));
  assert_true (absent_say (absent, DIR, "third", MAKER, NOW + VALID - 1));
}

static void
a_directory_is_listed_once_while_it_is_believed (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  for (guint i = 1; i < ABSENT_BURST; i++)
    assert_int_equal (absent_count (absent, DIR, MAKER, NOW), 0);
  learn (absent, DIR, NOW);
  assert_int_equal (begin_listing (absent, DIR, NOW + VALID / 2), 0);
  assert_int_not_equal (begin_listing (absent, DIR, NOW + VALID - 1), 0);
  /* That one is on its way. */
  assert_int_equal (begin_listing (absent, DIR, NOW + 2 * VALID), 0);
}

static void
few_names_are_not_worth_the_listing_of_many (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  const guint64 listing = begin_listing (absent, DIR, NOW);
  char name[16];

  for (guint i = 0; i < ABSENT_NAMES_MAX; i++)
    {
      g_snprintf (name, sizeof name, "%u", i);
      assert_true (absent_take (absent, DIR, listing, name));
    }
  absent_end (absent, DIR, listing, TRUE, NOW);
  for (guint i = 0; i < 10 * ABSENT_BURST; i++)
    assert_int_equal (absent_count (absent, DIR, MAKER, NOW + VALID), 0);
}

/* A server that tells the same few names without an end. */
static void
a_listing_has_an_end_whatever_it_tells (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  const guint64 listing = begin_listing (absent, DIR, NOW);
  guint n = 0;

  while (n <= ABSENT_NAMES_MAX && absent_take (absent, DIR, listing, "again"))
    n++;
  assert_int_equal (n, ABSENT_NAMES_MAX);
  absent_end (absent, DIR, listing, FALSE, NOW);
  assert_false (absent_say (absent, DIR, "new", MAKER, NOW));
  assert_int_equal (begin_listing (absent, DIR, NOW + VALID), 0);
  assert_int_not_equal (begin_listing (absent, DIR, NOW + 61 * G_TIME_SPAN_SECOND), 0);
}

static void
a_directory_that_is_filled_is_not_known_any_more (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  char name[16];

  absent_know_empty (absent, DIR, MAKER, NOW);
  assert_true (absent_say (absent, DIR, "new", MAKER, NOW));
  for (guint i = 0; i <= ABSENT_NAMES_MAX; i++)
    {
      g_snprintf (name, sizeof name, "%u", i);
      absent_note (absent, DIR, name);
    }
  absent_count (absent, DIR, MAKER, NOW);
  assert_false (absent_say (absent, DIR, "newer", MAKER, NOW));
}

static void
what_was_wrong_is_forgotten_and_not_learnt_at_once (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  guint64 listing;

  learn (absent, DIR, NOW);
  absent_forget (absent, DIR, NOW);
  assert_false (absent_say (absent, DIR, "new", MAKER, NOW));
  assert_int_equal (begin_listing (absent, DIR, NOW + VALID - 1), 0);
  learn (absent, DIR, NOW + VALID);

  /* What was asked for before it was forgotten is not believed. */
  listing = begin_listing (absent, DIR, NOW + 2 * VALID);
  absent_forget_all (absent);
  assert_false (absent_take (absent, DIR, listing, "there"));
  absent_end (absent, DIR, listing, TRUE, NOW + 2 * VALID);
  absent_count (absent, DIR, MAKER, NOW + 2 * VALID);
  assert_false (absent_say (absent, DIR, "new", MAKER, NOW + 2 * VALID));
}

static void
a_directory_in_which_something_was_made_is_not_taken_for_empty (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  absent_count (absent, DIR, OTHER, NOW);
  absent_know_empty (absent, DIR, MAKER, NOW);
  absent_count (absent, DIR, MAKER, NOW);
  assert_false (absent_say (absent, DIR, "new", MAKER, NOW));
}

static void
of_many_directories_the_latest_are_known (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);

  for (guint64 i = 1; i <= N_DIRS; i++)
    absent_know_empty (absent, i, MAKER, NOW);
  assert_true (absent_say (absent, N_DIRS, "new", MAKER, NOW));
  assert_false (absent_say (absent, 1, "new", MAKER, NOW));
}

static void
of_many_makers_the_latest_are_told (void **state)
{
  g_autoptr (Absent) absent = absent_new (2 * N_MAKERS);

  learn (absent, DIR, NOW);
  for (gint i = 1; i <= N_MAKERS; i++)
    absent_count (absent, DIR, MAKER + i, NOW + i);
  assert_true (absent_say (absent, DIR, "new", MAKER + N_MAKERS, NOW + N_MAKERS));
  assert_false (absent_say (absent, DIR, "newer", MAKER, NOW + N_MAKERS));
}

static void
a_name_that_can_be_none_is_for_the_server_to_judge (void **state)
{
  g_autoptr (Absent) absent = absent_new (VALID);
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *too_long = g_strnfill (256, 'x');

  absent_know_empty (absent, DIR, MAKER, NOW);
  assert_true (absent_say (absent, DIR, longest, MAKER, NOW));
  assert_false (absent_say (absent, DIR, too_long, MAKER, NOW));
}

/* The test vectors of SipHash's authors: key and input are 0, 1, 2 and so on. */
static void
the_hash_is_siphash (void **state)
{
  const HashKey key = { { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u } };
  guint8 input[16];

  for (guint8 i = 0; i < sizeof input; i++)
    input[i] = i;
  assert_true (keyed_hash (&key, input, 0) == 0x726fdb47dd0e0e31u);
  assert_true (keyed_hash (&key, input, 8) == 0x93f5f5799a932462u);
  assert_true (keyed_hash (&key, input, 15) == 0xa129ca6149be45e5u);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_name_that_was_not_listed_is_absent),
    cmocka_unit_test (it_is_so_until_what_was_learnt_is_too_old),
    cmocka_unit_test (its_age_is_counted_from_when_it_was_asked_for),
    cmocka_unit_test (only_who_makes_names_there_is_told_and_only_once),
    cmocka_unit_test (who_makes_nothing_any_more_is_not_told),
    cmocka_unit_test (a_name_that_was_made_is_not_absent),
    cmocka_unit_test (a_name_that_is_made_during_a_listing_is_not_absent),
    cmocka_unit_test (a_directory_is_listed_once_while_it_is_believed),
    cmocka_unit_test (few_names_are_not_worth_the_listing_of_many),
    cmocka_unit_test (a_listing_has_an_end_whatever_it_tells),
    cmocka_unit_test (a_directory_that_is_filled_is_not_known_any_more),
    cmocka_unit_test (what_was_wrong_is_forgotten_and_not_learnt_at_once),
    cmocka_unit_test (a_directory_in_which_something_was_made_is_not_taken_for_empty),
    cmocka_unit_test (of_many_directories_the_latest_are_known),
    cmocka_unit_test (of_many_makers_the_latest_are_told),
    cmocka_unit_test (a_name_that_can_be_none_is_for_the_server_to_judge),
    cmocka_unit_test (the_hash_is_siphash),
  };

  return cmocka_run_group_tests_name ("what is known to be absent", tests, NULL, NULL);
}

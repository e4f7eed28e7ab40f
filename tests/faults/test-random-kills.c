/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two hundred kills at random moments, of set-ups, removals and recoveries, one after the other on the same root, as an
 * unlucky node has them. The seed is printed; FAULTS_SEED repeats a run. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "world.h"

#define N_KILLS 200
/* How long a set-up takes, about, and how many calls it makes. */
#define MAX_USEC 20000
#define MAX_CALLS 150

static const struct
{
  const char *name;
  SupervisorChild step;
} steps[] = {
  { "up", world_up },
  { "down", world_down },
  { "recover", world_recover },
};

/* By time or by call: time hits what is between the calls, and calls hit what is quick. */
static SupervisorPlan
choose_moment (GRand *random)
{
  SupervisorPlan plan = { .act = SUPERVISOR_KILL };

  if (g_rand_boolean (random))
    plan.kill_after_usec = g_rand_int_range (random, 1, MAX_USEC);
  else
    plan.at = (guint) g_rand_int_range (random, 1, MAX_CALLS);
  return plan;
}

/* A killed process, what a new one makes of it, and every second time the end of the story. */
static void
kill_once (World *world, GRand *random, GString *story, Verdict *verdict)
{
  const SupervisorPlan plan = choose_moment (random);
  guint step = (guint) g_rand_int_range (random, 0, G_N_ELEMENTS (steps));
  SupervisorResult result;
  g_autoptr (GError) error = NULL;
  g_autofree char *where = NULL;

  if (!supervisor_run (&plan, steps[step].step, world, &result, &error))
    {
      verdict_fail (verdict, "%s", error->message);
      return;
    }
  where = supervisor_describe (&plan, &result);
  g_string_append_printf (story, "%s: %s\n", steps[step].name, where);
  world_check_outside (world, verdict);
  if (g_rand_boolean (random))
    return;
  g_string_append (story, "recover, recover, down --all\n");
  world_settle (world, verdict);
  world_do (world, "down --all", world_down, verdict);
  world_check_nothing_left (world, verdict);
  world_check_outside (world, verdict);
}

static guint32
choose_seed (void)
{
  const char *given = g_getenv ("FAULTS_SEED");

  return given != NULL ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();
}

static void
after_two_hundred_kills_at_random_moments_nothing_is_left_and_nothing_is_lost (void **state)
{
  World *world = *state;
  guint32 seed = choose_seed ();
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GString) story = g_string_new (NULL);
  g_auto (Verdict) verdict = { 0 };

  print_message ("# FAULTS_SEED=%u\n", seed);
  verdict_init (&verdict);
  world_lay (world);
  for (guint i = 0; i < N_KILLS && verdict.level == VERDICT_PASS; i++)
    {
      kill_once (world, random, story, &verdict);
      if (g_str_has_suffix (story->str, "down --all\n") && verdict.level == VERDICT_PASS)
        g_string_truncate (story, 0);
    }
  world_settle (world, &verdict);
  world_do (world, "down --all", world_down, &verdict);
  world_check_nothing_left (world, &verdict);
  if (verdict.level != VERDICT_PASS)
    fail_msg ("FAULTS_SEED=%u: %s\nafter:\n%s", seed, verdict.text->str, story->str);
}

int
main (void)
{
  g_autoptr (World) world = NULL;
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - random kills leave nothing and lose nothing # SKIP %s\n", reason);
      return 0;
    }
  world = world_new ();

  const struct CMUnitTest tests[] = {
    cmocka_unit_test_prestate (after_two_hundred_kills_at_random_moments_nothing_is_left_and_nothing_is_lost, world),
  };

  return cmocka_run_group_tests_name ("random kills", tests, NULL, NULL);
}

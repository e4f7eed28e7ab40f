/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two hundred kills at random moments, of set-ups, removals and recoveries, one after the other on the same root, as an
 * unlucky node has them. The seed is printed; TEST_SEED repeats a run. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/seed.h"
#include "world.h"

#define N_KILLS 200
/* How long a set-up takes, about, and how many calls it makes. A process that is done before its moment does not
 * count. */
#define MAX_USEC 8000
#define MAX_CALLS 230

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

typedef struct
{
  World *world;
  GRand *random;
  GString *story;    /* since the root was empty last */
  gboolean has_data; /* the pod is up, its data written, and nobody has wanted it down since */
} Node;

/* Answers whether a kill came of it. */
static gboolean
kill_once (Node *node, Verdict *verdict)
{
  const SupervisorPlan plan = choose_moment (node->random);
  guint step = (guint) g_rand_int_range (node->random, 0, G_N_ELEMENTS (steps));
  SupervisorResult result;
  g_autoptr (GError) error = NULL;
  g_autofree char *where = NULL;

  if (!supervisor_run (&plan, steps[step].step, node->world, &result, &error))
    {
      verdict_fail (verdict, "%s", error->message);
      return FALSE;
    }
  where = supervisor_describe (&plan, &result);
  g_string_append_printf (node->story, "%s: %s\n", steps[step].name, where);
  node->has_data = node->has_data && steps[step].step != world_down;
  world_check_outside (node->world, verdict);
  if (node->has_data)
    world_check_data (node->world, verdict);
  return result.hit;
}

static void
come_up (Node *node, Verdict *verdict)
{
  g_string_append (node->story, "recover, recover, up\n");
  world_settle (node->world, verdict);
  world_do (node->world, "up", world_up, verdict);
  world_check_content (node->world, WORLD_OLD_OBJECTS, verdict);
  if (node->has_data)
    world_check_data (node->world, verdict);
  if (verdict->level == VERDICT_PASS)
    world_write_data (node->world);
  node->has_data = TRUE;
}

static void
come_down (Node *node, Verdict *verdict)
{
  g_string_append (node->story, "recover, recover, down --all\n");
  world_settle (node->world, verdict);
  if (node->has_data)
    world_check_data (node->world, verdict);
  world_do (node->world, "down --all", world_down, verdict);
  world_check_nothing_left (node->world, verdict);
  world_check_outside (node->world, verdict);
  node->has_data = FALSE;
  if (verdict->level == VERDICT_PASS)
    g_string_truncate (node->story, 0);
}

static void
after_two_hundred_kills_at_random_moments_nothing_is_left_and_nothing_is_lost (void **state)
{
  g_autoptr (GRand) random = seed_rand_new ();
  g_autoptr (GString) story = g_string_new (NULL);
  Node node = { .world = *state, .random = random, .story = story };
  g_auto (Verdict) verdict = { 0 };
  guint kills = 0;

  verdict_init (&verdict);
  world_lay (node.world);
  while (kills < N_KILLS && verdict.level == VERDICT_PASS)
    {
      guint chance = (guint) g_rand_int_range (random, 0, 4);

      kills += kill_once (&node, &verdict) ? 1 : 0;
      if (verdict.level == VERDICT_PASS && chance == 0)
        come_up (&node, &verdict);
      else if (verdict.level == VERDICT_PASS && chance == 1)
        come_down (&node, &verdict);
    }
  if (verdict.level == VERDICT_PASS)
    come_down (&node, &verdict);
  if (verdict.level != VERDICT_PASS)
    verdict_fail (&verdict, "after:\n%s", story->str);
  assert_verdict (&verdict);
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

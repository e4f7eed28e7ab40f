/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/rows.h"
#include "support/scratch.h"

/* One explains the others. */
#define MAX_COMPLAINTS 5
/* More calls than a process makes: something goes round in circles. */
#define MAX_POINTS 5000

/* ---- what was before ---- */

static void
be_up (World *world, Verdict *verdict)
{
  world_do (world, "up", world_up, verdict);
  if (verdict->level == VERDICT_PASS)
    world_write_data (world);
}

/* A removal that was killed in its middle: about there the volumes go one after the other. */
static void
be_half_down (World *world, Verdict *verdict)
{
  SupervisorPlan plan = { .act = SUPERVISOR_KILL };
  SupervisorResult result;
  g_autoptr (GError) error = NULL;

  be_up (world, verdict);
  plan.at = 50;
  if (!supervisor_run (&plan, world_down, world, &result, &error))
    verdict_fail (verdict, "%s", error->message);
  else if (!result.hit)
    verdict_fail (verdict, "a removal makes less than %u calls", plan.at);
}

static void
be_up_without_record (World *world, Verdict *verdict)
{
  be_up (world, verdict);
  if (verdict->level == VERDICT_PASS)
    world_lose_record (world);
}

static void
be_occupied (World *world, Verdict *verdict)
{
  be_up (world, verdict);
  if (verdict->level == VERDICT_PASS)
    world_occupy (world);
}

const Subject subjects[] = {
  { "up", NULL, world_up },
  { "a second up", be_up, world_up, .keeps_data = TRUE },
  { "up after the record was lost", be_up_without_record, world_up, .keeps_data = TRUE },
  { "up with changed objects", be_up, world_update, .keeps_data = TRUE },
  { "down", be_up, world_down },
  { "recover after a killed down", be_half_down, world_recover },
  { "down with a foreign mount in a volume", be_occupied, world_down, .occupied = TRUE },
};
const gsize n_subjects = G_N_ELEMENTS (subjects);

const Subject *
sweep_get_down (void)
{
  gsize i = 0;

  while (subjects[i].swept != world_down)
    i++;
  return &subjects[i];
}

/* ---- what comes after ---- */

static void
check_claim (const Subject *subject, World *world, Verdict *verdict)
{
  if (subject->swept == world_up)
    world_check_content (world, WORLD_OLD_OBJECTS, verdict);
  else if (subject->swept == world_update)
    world_check_content (world, WORLD_NEW_OBJECTS, verdict);
  else if (subject->swept == world_down)
    world_check_nothing_left (world, verdict);
}

/* The pod is wanted (again). */
static void
come_up (const Subject *subject, World *world, Verdict *verdict)
{
  gboolean changed = subject->swept == world_update;

  if (changed)
    world_check_versions (world, verdict);
  world_do (world, "up again", changed ? world_update : world_up, verdict);
  world_check_content (world, changed ? WORLD_NEW_OBJECTS : WORLD_OLD_OBJECTS, verdict);
  if (subject->keeps_data)
    world_check_data (world, verdict);
  else
    world_check_data_is_whole (world, verdict);
}

static void
come_after (const Subject *subject, World *world, gboolean up_again, Verdict *verdict)
{
  world_check_outside (world, verdict);
  if (subject->occupied)
    world_vacate (world);
  world_settle (world, verdict);
  if (subject->keeps_data)
    world_check_data (world, verdict);
  if (up_again)
    come_up (subject, world, verdict);
  world_do (world, "down --all", world_down, verdict);
  world_check_nothing_left (world, verdict);
  world_check_outside (world, verdict);
}

static void
look (const Subject *subject, World *world, const SupervisorPlan *plan, const SupervisorResult *result,
      gboolean up_again, Verdict *verdict)
{
  gboolean killed = WIFSIGNALED (result->wait_status);
  gboolean succeeded = !killed && WEXITSTATUS (result->wait_status) == 0;

  if (result->timed_out)
    verdict_fail (verdict, "did not end");
  if (killed && (plan->act != SUPERVISOR_KILL || !result->hit))
    verdict_fail (verdict, "crashed");
  if (!killed && !succeeded && !result->hit && !subject->occupied)
    verdict_fail (verdict, "failed, and nothing was done to it");
  if (succeeded && subject->occupied)
    verdict_fail (verdict, "succeeded, with somebody else's mount in the volume");
  else if (succeeded)
    check_claim (subject, world, verdict);
  come_after (subject, world, up_again, verdict);
}

void
sweep_point (const Subject *subject, World *world, const SupervisorPlan *plan, gboolean up_again,
             SupervisorResult *ret_result, SweepCount *count, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  g_auto (Verdict) point = { 0 };
  g_autofree char *where = NULL;

  verdict_init (&point);
  *ret_result = (SupervisorResult){ 0 };
  world_lay (world);
  if (subject->before != NULL)
    subject->before (world, &point);
  if (!supervisor_run (plan, subject->swept, world, ret_result, &error))
    verdict_fail (&point, "%s", error->message);
  else
    look (subject, world, plan, ret_result, up_again, &point);
  count->points++;
  if (point.level == VERDICT_PASS)
    return;

  where = supervisor_describe (plan, ret_result);
  if (count->complaints++ < MAX_COMPLAINTS || (point.level == VERDICT_VIOLATION && verdict->level < VERDICT_VIOLATION))
    verdict_add (verdict, point.level, "%s, then %s: %s", where, up_again ? "up and down" : "down", point.text->str);
}

void
sweep_kills (const Subject *subject, World *world, guint stride, SweepCount *count, Verdict *verdict)
{
  SupervisorPlan plan = { .act = SUPERVISOR_KILL };
  SupervisorResult result = { .hit = TRUE };

  for (plan.at = 1; result.hit && plan.at < MAX_POINTS; plan.at += stride)
    {
      sweep_point (subject, world, &plan, FALSE, &result, count, verdict);
      sweep_point (subject, world, &plan, TRUE, &result, count, verdict);
    }
}

static gboolean
has_errno (int nr, guint index)
{
  const SupervisorCall *call = supervisor_find_call (nr);

  return call != NULL && index < G_N_ELEMENTS (call->errnos) && call->errnos[index] != 0;
}

void
sweep_errors (const Subject *subject, World *world, guint stride, SweepCount *count, Verdict *verdict)
{
  SupervisorPlan plan = { .act = SUPERVISOR_FAIL };
  SupervisorResult result = { .hit = TRUE };

  for (plan.at = 1; result.hit && plan.at < MAX_POINTS; plan.at += stride)
    {
      plan.error_index = 0;
      do
        {
          gboolean up_again = (plan.at + plan.error_index) % 2 == 0;

          sweep_point (subject, world, &plan, up_again, &result, count, verdict);
          plan.error_index++;
        }
      while (result.hit && has_errno (result.hit_nr, plan.error_index));
    }
}

void
sweep_assert (const Subject *subject, const SweepCount *count, const Verdict *verdict)
{
  print_message ("# %s: %u points\n", subject->name, count->points);
  if (count->complaints > 0)
    print_message ("# wrong at %u of them\n", count->complaints);
  assert_verdict (verdict);
}

typedef struct
{
  void (*sweep) (const Subject *subject, World *world, guint stride, SweepCount *count, Verdict *verdict);
  const Subject *subject;
  World *world;
} Row;

static void
sweep_row (void **state)
{
  const Row *row = *state;
  g_auto (Verdict) verdict = { 0 };
  SweepCount count = { 0 };

  verdict_init (&verdict);
  row->sweep (row->subject, row->world, SWEEP_STRIDE, &count, &verdict);
  sweep_assert (row->subject, &count, &verdict);
}

int
sweep_run (const char *group, const char *promise,
           void (*sweep) (const Subject *subject, World *world, guint stride, SweepCount *count, Verdict *verdict))
{
  g_autoptr (GArray) tests = rows_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (World) world = NULL;
  g_autofree Row *rows = g_new0 (Row, n_subjects);
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - %s # SKIP %s\n", promise, reason);
      return 0;
    }
  world = world_new ();
  for (gsize i = 0; i < n_subjects; i++)
    {
      rows[i] = (Row){ sweep, &subjects[i], world };
      g_ptr_array_add (names, g_strdup_printf ("%s: %s", subjects[i].name, promise));
      rows_add (tests, names->pdata[i], sweep_row, &rows[i]);
    }
  return rows_run (group, tests);
}

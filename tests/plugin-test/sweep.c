/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A point is one life of a process that ends, or meets an error, at one system call. What then follows is a new
 * process that finds whatever is there: it takes the volume down, or sets it up again and takes it down. Both must
 * work, at every point, and every point begins on new ground. */

#include "sweep.h"

#include <string.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "drive.h"
#include "expect.h"
#include "support/scratch.h"
#include "support/supervisor.h"

/* One explains the others. */
#define MAX_COMPLAINTS 5
/* More calls than any life has: something goes round in circles. */
#define MAX_POINTS 5000

const Sweep sweeps[] = {
  { "is whole again after a kill before each system call", SWEEP_KILLS },
  { "is whole again after the failure of each system call", SWEEP_ERRORS },
  { "does not delete through other mounts whichever call fails", SWEEP_FOREIGN_MOUNT },
};
const gsize n_sweeps = G_N_ELEMENTS (sweeps);

typedef struct
{
  const Sweep *sweep;
  const Trial *trial;
  guint points;
  guint complaints;
} Run;

/* ---- the swept process ---- */

enum
{
  LIFE_DONE,
  LIFE_FAILED, /* a call said that it failed, as it may */
  LIFE_WRONG,  /* it did something that it may not; memory->said tells what */
};

static void
say (const Trial *trial, const char *text)
{
  g_strlcpy (trial->memory->said, text, sizeof trial->memory->said);
}

/* A set-up that says it succeeded has succeeded, whatever failed on the way. */
static gboolean
is_as_expected (const Drive *drive, const char *path)
{
  g_auto (Verdict) verdict = { 0 };

  verdict_init (&verdict);
  expect_check (drive->trial->spec->expect, drive->trial->memory->made_kind, path, &verdict);
  if (verdict.level != VERDICT_PASS)
    say (drive->trial, verdict.text->str);
  return verdict.level == VERDICT_PASS;
}

/* What a container would leave in a directory, so that the teardown has something to do. */
static void
fill (const Trial *trial, const char *path)
{
  g_autofree char *dir = g_build_filename (path, "left-by-the-pod", "deep", NULL);
  g_autofree char *file = g_build_filename (dir, "file", NULL);

  if (trial->memory->made_kind != KVOL_MADE_FILLED)
    return;
  g_mkdir_with_parents (dir, 0755);
  g_file_set_contents (file, "data", -1, NULL);
}

static int
sum_up (const Drive *drive, gboolean ok)
{
  g_autofree char *left = NULL;

  if (drive->host->offences->len > 0)
    {
      say (drive->trial, drive->host->offences->str);
      return LIFE_WRONG;
    }
  /* Mounts may be left when a call failed; descriptors may not. */
  left = scratch_dup_left (NULL);
  if (left != NULL && strstr (left, "descriptor ") != NULL && !drive->trial->in_worker)
    {
      say (drive->trial, left);
      return LIFE_WRONG;
    }
  return ok ? LIFE_DONE : LIFE_FAILED;
}

static Drive *
open_unswept (const Trial *trial)
{
  g_autoptr (GError) error = NULL;
  Drive *drive = drive_open (trial, &error);

  if (drive == NULL)
    say (trial, error->message);
  scratch_mark ();
  return drive;
}

static int
live (gpointer data)
{
  const Trial *trial = data;
  g_autoptr (Drive) drive = open_unswept (trial);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  gboolean ok;

  if (drive == NULL)
    return LIFE_WRONG;
  supervisor_begin ();
  ok = drive_set_up (drive, &path, &error);
  supervisor_end ();
  if (ok && !is_as_expected (drive, path))
    return LIFE_WRONG;
  if (ok)
    fill (trial, path);
  supervisor_begin ();
  ok = ok && drive_tear_down (drive, &error);
  supervisor_end ();
  if (!ok)
    say (trial, error->message);
  return sum_up (drive, ok);
}

static int
tear_down_occupied (gpointer data)
{
  const Trial *trial = data;
  g_autoptr (Drive) drive = open_unswept (trial);
  g_autofree char *path = NULL;
  gboolean ok;

  if (drive == NULL || !drive_set_up (drive, &path, NULL))
    return LIFE_WRONG;
  fill (trial, path);
  ground_occupy (trial->ground, path);
  supervisor_begin ();
  ok = drive_tear_down (drive, NULL);
  supervisor_end ();
  if (ok)
    say (trial, "teardown succeeded although other mounts are in the volume");
  return ok ? LIFE_WRONG : LIFE_FAILED;
}

/* ---- the process after it ---- */

static void
take_down_rest (gconstpointer data, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Drive) drive = drive_open (data, &error);

  if (drive != NULL)
    {
      drive->node.cause = KVOL_CAUSE_RECOVERED;
      drive_tear_down (drive, &error);
    }
  if (error != NULL)
    verdict_fail (verdict, "afterwards: %s", error->message);
}

static void
set_up_again (gconstpointer data, Verdict *verdict)
{
  const Trial *trial = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Drive) drive = drive_open (trial, &error);
  g_autofree char *path = NULL;

  if (drive != NULL)
    {
      drive->node.cause = KVOL_CAUSE_RECOVERED;
      if (drive_set_up (drive, &path, &error))
        {
          expect_check (trial->spec->expect, trial->memory->made_kind, path, verdict);
          drive_tear_down (drive, &error);
        }
    }
  if (error != NULL)
    verdict_fail (verdict, "set up again: %s", error->message);
}

/* ---- points ---- */

static void
look (const Run *run, const SupervisorResult *result, VerdictFunc after, Verdict *verdict)
{
  const Trial *trial = run->trial;
  gboolean killed = WIFSIGNALED (result->wait_status);
  int life = killed ? LIFE_FAILED : WEXITSTATUS (result->wait_status);

  ground_check_canaries (trial->ground, verdict);
  if (result->timed_out)
    verdict_fail (verdict, "did not end");
  if (killed && (run->sweep->kind != SWEEP_KILLS || !result->hit))
    verdict_fail (verdict, "crashed");
  if (life == LIFE_WRONG || (life == LIFE_FAILED && !result->hit && run->sweep->kind != SWEEP_FOREIGN_MOUNT))
    verdict_fail (verdict, "%s", trial->memory->said);
  if (life == LIFE_DONE)
    {
      ground_check_nothing_left (trial->ground, verdict);
      return;
    }
  if (run->sweep->kind == SWEEP_FOREIGN_MOUNT)
    {
      g_autofree char *dir = g_build_filename (trial->ground->volumes, trial_get_spec_name (trial), NULL);

      ground_vacate (trial->ground, dir);
    }
  if (verdict->level == VERDICT_VIOLATION)
    return;
  verdict_of_child (after, trial, verdict);
  ground_check_canaries (trial->ground, verdict);
  if (verdict->level == VERDICT_PASS)
    ground_check_nothing_left (trial->ground, verdict);
}

/* FALSE when the sweep is at its end: there was no such call, or data was lost. */
static gboolean
try_point (Run *run, const SupervisorPlan *plan, VerdictFunc after, SupervisorResult *ret_result, Verdict *verdict)
{
  SupervisorChild child = run->sweep->kind == SWEEP_FOREIGN_MOUNT ? tear_down_occupied : live;
  g_autoptr (GError) error = NULL;
  g_auto (Verdict) point = { 0 };
  g_autofree char *where = NULL;

  if (!trial_begin (run->trial, &error) || !supervisor_run (plan, child, (gpointer) run->trial, ret_result, &error))
    {
      verdict_fail (verdict, "%s", error->message);
      return FALSE;
    }
  verdict_init (&point);
  look (run, ret_result, after, &point);
  if (!trial_end (run->trial, &error))
    verdict_fail (&point, "%s", error->message);
  run->points++;
  if (point.level == VERDICT_PASS)
    return ret_result->hit;

  where = supervisor_describe (plan, ret_result);
  if (run->complaints++ < MAX_COMPLAINTS || point.level == VERDICT_VIOLATION)
    verdict_add (verdict, point.level, "%s: %s", where, point.text->str);
  return ret_result->hit && point.level != VERDICT_VIOLATION;
}

static gboolean
kill_at (Run *run, guint at, Verdict *verdict)
{
  const SupervisorPlan plan = { .act = SUPERVISOR_KILL, .at = at };
  SupervisorResult result;

  return try_point (run, &plan, take_down_rest, &result, verdict)
         && try_point (run, &plan, set_up_again, &result, verdict);
}

/* Every errno that fits the call; what is done after it takes turns. */
static gboolean
fail_at (Run *run, guint at, Verdict *verdict)
{
  SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = at };
  const SupervisorCall *call = NULL;

  do
    {
      gboolean again = (at + plan.error_index) % 2 == 0 && run->sweep->kind == SWEEP_ERRORS;
      SupervisorResult result;

      if (!try_point (run, &plan, again ? set_up_again : take_down_rest, &result, verdict))
        return FALSE;
      call = supervisor_find_call (result.hit_nr);
      plan.error_index++;
    }
  while (plan.error_index < G_N_ELEMENTS (call->errnos) && call->errnos[plan.error_index] != 0);
  return TRUE;
}

void
sweep_run (const Sweep *sweep, const Trial *trial, guint *ret_points, Verdict *verdict)
{
  Run run = { .sweep = sweep, .trial = trial };
  guint at = 1;

  while (at < MAX_POINTS && (sweep->kind == SWEEP_KILLS ? kill_at : fail_at) (&run, at, verdict))
    at++;
  if (at == MAX_POINTS)
    verdict_fail (verdict, "makes more than %d system calls", MAX_POINTS);
  if (run.complaints > MAX_COMPLAINTS)
    verdict_fail (verdict, "... and at %u more points", run.complaints - MAX_COMPLAINTS);
  *ret_points = run.points;
}

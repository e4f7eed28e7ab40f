/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each check plays one part of a volume's life in a child process; what is left after it, and whether every canary
 * lives, is looked at by the parent. */

#include "checks.h"

#include <string.h>

#include "drive.h"
#include "expect.h"
#include "support/snapshot.h"
#include "support/scratch.h"

/* ---- steps that must succeed ---- */

static Drive *
open_or_fail (const Trial *trial, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  Drive *drive = drive_open (trial, &error);

  if (drive == NULL)
    verdict_fail (verdict, "%s", error->message);
  return drive;
}

static gboolean
set_up_or_fail (Drive *drive, char **ret_path, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = drive_set_up (drive, ret_path, &error);

  if (!ok)
    verdict_fail (verdict, "%s", error->message);
  else
    expect_check (drive->trial->spec->expect, drive->trial->memory->made_kind, *ret_path, verdict);
  return ok;
}

static gboolean
tear_down_or_fail (Drive *drive, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = drive_tear_down (drive, &error);

  if (!ok)
    verdict_fail (verdict, "%s", error->message);
  return ok;
}

static gboolean
refresh_or_fail (Drive *drive, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = drive_refresh (drive, &error);

  if (!ok)
    verdict_fail (verdict, "%s", error->message);
  return ok;
}

static void
note_offences (const Drive *drive, Verdict *verdict)
{
  if (drive->host->offences->len > 0)
    verdict_fail (verdict, "%s", drive->host->offences->str);
}

/* ---- the life as it is meant to be ---- */

static void
check_usage (Drive *drive, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;
  KvolUsageInfo usage;

  if (!drive_get_usage (drive, &usage, &error))
    verdict_fail (verdict, "%s", error->message);
  else if (usage.capacity_bytes > 0 && usage.used_bytes > usage.capacity_bytes)
    verdict_fail (verdict, "get_usage answered more used than there is");
}

static void
check_change (Drive *drive, const char *path, Verdict *verdict)
{
  const Case *spec = drive->trial->spec;
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GVariant) expect = NULL;

  if (spec->refresh == NULL)
    return;
  objects = g_variant_lookup_value (spec->refresh, "objects", G_VARIANT_TYPE ("aa{sv}"));
  expect = g_variant_lookup_value (spec->refresh, "expect", G_VARIANT_TYPE_VARDICT);
  if (objects != NULL)
    drive->host->objects = objects;
  if (refresh_or_fail (drive, verdict) && expect != NULL)
    expect_check (expect, drive->trial->memory->made_kind, path, verdict);
  drive->host->objects = spec->objects;
}

static void
live (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = open_or_fail (data, verdict);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (drive == NULL || !set_up_or_fail (drive, &path, verdict))
    return;
  check_usage (drive, verdict);
  check_change (drive, path, verdict);
  options = drive_reconstruct (drive, &error);
  if (options == NULL)
    verdict_fail (verdict, "%s", error->message);
  tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

static void
refresh_idly (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = open_or_fail (data, verdict);
  g_autofree char *path = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *touched = NULL;

  if (drive == NULL || !set_up_or_fail (drive, &path, verdict))
    return;
  before = snapshot_dup (path, SNAPSHOT_IDENTITY);
  if (refresh_or_fail (drive, verdict))
    {
      after = snapshot_dup (path, SNAPSHOT_IDENTITY);
      touched = snapshot_dup_lost (before, after);
      if (touched != NULL)
        verdict_fail (verdict, "touched: %s", touched);
    }
  tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

static void
identify_again (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) first = open_or_fail (data, verdict);
  g_autoptr (Drive) second = first != NULL ? open_or_fail (data, verdict) : NULL;

  if (second == NULL)
    return;
  if (!g_str_equal (first->volume_id, second->volume_id))
    verdict_fail (verdict, "the id of one volume is \"%s\" and \"%s\"", first->volume_id, second->volume_id);
  note_offences (first, verdict);
  note_offences (second, verdict);
}

/* ---- calls that are repeated, or come alone ---- */

static void
set_up_twice (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = open_or_fail (data, verdict);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (drive == NULL)
    return;
  if (!drive_set_up_in_vain (drive, &error))
    {
      verdict_fail (verdict, "the first time: %s", error->message);
      return;
    }
  drive->node.cause = KVOL_CAUSE_RETRY;
  if (set_up_or_fail (drive, &path, verdict))
    tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

static void
tear_down_twice (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = open_or_fail (data, verdict);
  g_autofree char *path = NULL;

  if (drive == NULL || !set_up_or_fail (drive, &path, verdict))
    return;
  if (tear_down_or_fail (drive, verdict))
    tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

static void
tear_down_only (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = open_or_fail (data, verdict);

  if (drive == NULL)
    return;
  tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

static void
set_up_and_leave (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = open_or_fail (data, verdict);
  g_autofree char *path = NULL;

  if (drive != NULL)
    set_up_or_fail (drive, &path, verdict);
}

/* Another process, and neither options nor secrets: what is left after the agent lost its memory. */
static void
tear_down_by_name (gconstpointer data, Verdict *verdict)
{
  g_autoptr (Drive) drive = NULL;

  verdict_of_child (set_up_and_leave, data, verdict);
  if (verdict->level != VERDICT_PASS)
    return;
  drive = open_or_fail (data, verdict);
  if (drive == NULL)
    return;
  drive_forget_options (drive);
  drive->node.cause = KVOL_CAUSE_RECOVERED;
  tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

/* ---- what leaks ---- */

static void
check_descriptors (const char *when, Verdict *verdict)
{
  g_autofree char *left = scratch_dup_left (NULL);

  if (left != NULL)
    verdict_fail (verdict, "%s: %s", when, left);
}

static void
live_again (Drive *drive, Verdict *verdict)
{
  g_autofree char *path = NULL;

  if (set_up_or_fail (drive, &path, verdict) && refresh_or_fail (drive, verdict))
    {
      check_usage (drive, verdict);
      tear_down_or_fail (drive, verdict);
    }
}

static void
count_descriptors (gconstpointer data, Verdict *verdict)
{
  const Trial *trial = data;
  Drive *drive;

  scratch_mark ();
  drive = open_or_fail (trial, verdict);
  if (drive == NULL)
    return;
  drive_close (drive);
  check_descriptors ("after open and close", verdict);

  drive = open_or_fail (trial, verdict);
  /* A worker's socket is opened when it is first needed. */
  if (trial->in_worker)
    live_again (drive, verdict);
  scratch_mark ();
  live_again (drive, verdict);
  live_again (drive, verdict);
  check_descriptors ("after set-up and teardown", verdict);
  drive_close (drive);
}

/* ---- what belongs to others ---- */

static void
meet_foreign_mounts (gconstpointer data, Verdict *verdict)
{
  const Trial *trial = data;
  g_autoptr (Drive) drive = open_or_fail (trial, verdict);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (drive == NULL || !set_up_or_fail (drive, &path, verdict))
    return;
  ground_occupy (trial->ground, path);
  if (drive_tear_down (drive, &error))
    verdict_fail (verdict, "teardown succeeded although other mounts are in the volume");
  ground_check_canaries (trial->ground, verdict);
  ground_vacate (trial->ground, path);
  tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

/* ---- refusals ---- */

static void
be_refused (gconstpointer data, Verdict *verdict)
{
  const Trial *trial = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Drive) drive = drive_open (trial, &error);
  g_autofree char *path = NULL;

  if (drive == NULL)
    {
      expect_check_error (trial->spec->expect, error, verdict);
      return;
    }
  if (drive_set_up (drive, &path, &error))
    verdict_fail (verdict, "set-up succeeded");
  else
    expect_check_error (trial->spec->expect, error, verdict);
  tear_down_or_fail (drive, verdict);
  note_offences (drive, verdict);
}

/* ---- all of them ---- */

/* clang-format off */
const Check checks[] = {
  { "is set up, looked after and taken down as expected", CHECK_OF_SUCCESS, live },
  { "is refused as expected, and leaves nothing",         CHECK_OF_REFUSAL, be_refused },
  { "has one id",                                         CHECK_OF_SUCCESS, identify_again },
  { "is as expected when it is set up twice",             CHECK_OF_SUCCESS, set_up_twice },
  { "can be taken down twice",                            CHECK_OF_SUCCESS, tear_down_twice },
  { "can be taken down before it was ever set up",        CHECK_OF_SUCCESS, tear_down_only },
  { "can be taken down by another process from its name", CHECK_OF_SUCCESS, tear_down_by_name },
  { "is not touched by a refresh without a change",       CHECK_OF_SUCCESS, refresh_idly },
  { "leaves no descriptor open",                          CHECK_OF_SUCCESS, count_descriptors },
  { "does not delete through other mounts in it",         CHECK_OF_CONTENT, meet_foreign_mounts },
};
/* clang-format on */
const gsize n_checks = G_N_ELEMENTS (checks);

void
check_run (const Check *check, const Trial *trial, Verdict *verdict)
{
  g_autoptr (GError) error = NULL;

  if (!trial_begin (trial, &error))
    {
      verdict_fail (verdict, "%s", error->message);
      return;
    }
  verdict_of_child (check->run, trial, verdict);
  if (verdict->level != VERDICT_VIOLATION)
    ground_check_canaries (trial->ground, verdict);
  if (verdict->level == VERDICT_PASS)
    ground_check_nothing_left (trial->ground, verdict);
  if (!trial_end (trial, &error))
    verdict_fail (verdict, "%s", error->message);
}

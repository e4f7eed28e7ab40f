/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process behind a volume has died, and what takes the volume's place has none. Whoever does that is killed before
 * each of the writes to his records: the volume that stands then is never taken for the one that the process kept. */
#include <kvol/kvol.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/built.h"
#include "support/scratch.h"
#include "support/supervisor.h"
#include "support/verdict.h"

#define UID "6b766f6c-0000-4000-8000-0000000000fb"
#define MAX_WRITES 20

typedef struct
{
  char *root;
  char *plugins;
  char *dir; /* what the plugin goes by */
} Place;

/* ---- the manager, in processes of its own ---- */

static KvolManager *
open_manager (const Place *place)
{
  KvolManager *manager = kvol_manager_new (place->root, NULL);

  if (manager == NULL || !kvol_manager_load_plugins (manager, place->plugins, NULL, NULL, NULL))
    g_error ("no manager");
  return manager;
}

static gboolean
sync_pod (KvolManager *manager, const Place *place, GError **error)
{
  g_autofree char *text =
      g_strdup_printf ("{'metadata': <{'name': <'web'>, 'namespace': <'default'>, 'uid': <'" UID "'>}>,"
                       " 'spec': <{'volumes': <[{'name': <'data'>, 'flexVolume': <{'driver': <'example.test/kept'>,"
                       " 'options': <{'path': <'%s'>}>}>}]>}>}",
                       place->dir);
  g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, error);
  g_autoptr (KvolPod) pod = object != NULL ? kvol_pod_new (object, error) : NULL;

  return pod != NULL && kvol_manager_sync_pod (manager, pod, NULL, error);
}

static int
set_up (gpointer data)
{
  g_autoptr (KvolManager) manager = open_manager (data);
  g_autoptr (GError) error = NULL;

  supervisor_begin ();
  if (!sync_pod (manager, data, &error))
    fprintf (stderr, "# %s\n", error->message);
  supervisor_end ();
  return error != NULL;
}

/* "ready", or what it is instead, and why. */
static char *
dup_state (KvolManager *manager)
{
  g_autoptr (GVariant) pods = kvol_manager_get_status (manager);
  g_autoptr (GVariant) pod = g_variant_get_child_value (pods, 0);
  g_autoptr (GVariant) volumes = g_variant_lookup_value (pod, "volumes", NULL);
  g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, 0);
  const char *state = "";
  const char *error = NULL;

  g_variant_lookup (volume, "state", "&s", &state);
  g_variant_lookup (volume, "error", "&s", &error);
  return error != NULL ? g_strconcat (state, ": ", error, NULL) : g_strdup (state);
}

static gboolean
shows (const Place *place, const char *file)
{
  g_autofree char *path = g_build_filename (place->root, "pods/" UID "/volumes/example.test~kept/data", file, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
check_state (const Place *place, KvolManager *manager, const char *when, Verdict *verdict)
{
  g_autofree char *state = dup_state (manager);

  if (g_str_equal (state, "ready") != shows (place, "new"))
    verdict_fail (verdict, "%s, with the %s volume: \"%s\"", when,
                  shows (place, "new")   ? "new"
                  : shows (place, "old") ? "old"
                                         : "no",
                  state);
}

static void
come_after (gconstpointer data, Verdict *verdict)
{
  const Place *place = data;
  g_autoptr (KvolManager) manager = open_manager (place);
  g_autoptr (GError) error = NULL;

  g_variant_unref (kvol_manager_recover (manager, FALSE, NULL, NULL));
  check_state (place, manager, "recovered", verdict);
  if (!sync_pod (manager, place, &error) || !shows (place, "new"))
    verdict_fail (verdict, "%s", error != NULL ? error->message : "the new volume is not there");
  g_clear_error (&error);
  check_state (place, manager, "set up", verdict);
  if (!kvol_manager_remove_pod (manager, UID, NULL, &error))
    verdict_fail (verdict, "%s", error->message);
}

/* ---- the place ---- */

static void
put (const Place *place, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (place->dir, name, NULL);

  assert_true (g_file_set_contents (path, content, -1, NULL));
}

static void
show (const Place *place, const char *name)
{
  g_autofree char *path = g_build_filename (place->dir, "shown", NULL);
  g_autofree char *dir = scratch_dir (name);
  g_autofree char *file = g_build_filename (dir, name, NULL);

  assert_true (g_file_set_contents (file, "", -1, NULL));
  unlink (path);
  assert_int_equal (symlink (dir, path), 0);
}

static void
run (const Place *place, const SupervisorPlan *plan, SupervisorResult *ret_result)
{
  g_autoptr (GError) error = NULL;

  if (!supervisor_run (plan, set_up, (gpointer) place, ret_result, &error))
    fail_msg ("%s", error->message);
}

/* A volume whose process has died, and the next of which has none. */
static void
lay (const Place *place)
{
  const SupervisorPlan undisturbed = { .act = SUPERVISOR_COUNT };
  g_autofree char *text = NULL;
  SupervisorResult result;
  pid_t keeper = fork ();

  if (keeper == 0)
    for (;;)
      pause ();
  text = g_strdup_printf ("%d", (int) keeper);
  put (place, "pid", text);
  show (place, "old");
  run (place, &undisturbed, &result);
  assert_true (shows (place, "old"));
  assert_int_equal (kill (keeper, SIGKILL), 0);
  assert_int_equal (waitpid (keeper, NULL, 0), keeper);
  put (place, "pid", "");
  put (place, "lost", "");
  show (place, "new");
}

static void
what_has_no_process_is_never_said_to_have_lost_one (void **state)
{
  const Place place = { scratch_dir ("root"), built_fixture_dir ("kept"), scratch_dir ("kept") };
  SupervisorPlan plan = { .act = SUPERVISOR_KILL, .only_nr = SYS_pwritev };
  SupervisorResult result = { .hit = TRUE };

  for (plan.at = 1; result.hit && plan.at < MAX_WRITES; plan.at++)
    {
      g_auto (Verdict) verdict = { 0 };

      verdict_init (&verdict);
      lay (&place);
      run (&place, &plan, &result);
      verdict_of_child (come_after, &place, &verdict);
      if (verdict.level != VERDICT_PASS)
        verdict_fail (&verdict, "killed at write %u", plan.at);
      assert_verdict (&verdict);
    }
  assert_true (plan.at > 3 && plan.at < MAX_WRITES);
  g_free (place.root);
  g_free (place.plugins);
  g_free (place.dir);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_has_no_process_is_never_said_to_have_lost_one),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      print_message ("ok - what has no process is never said to have lost one # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("volumes whose server is replaced", tests, NULL, NULL);
}

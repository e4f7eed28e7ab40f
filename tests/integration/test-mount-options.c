/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount options of a claim's volume, where the plugin has no use for them. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/story.h"

/* A pod with one claim's volume. @source: "hostPath" or "local"; @options: a list of strings as GVariant text. */
static KvolPod *
pod_with (const char *source, const char *path, const char *options)
{
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'data'>, 'specName': <'pv'>, '%s': <{'path': <'%s'>}>, 'mountOptions': "
                       "<%s>}]>}",
                       source, path, options);

  return story_pod ("web", spec);
}

static void
options_that_the_plugin_does_not_take_are_refused_and_nothing_is_made (void **state)
{
  Story *story = story_begin ();
  g_autofree char *dir = g_build_filename (story->root, "data", NULL);
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'data'>, 'specName': <'pv'>, 'hostPath': <{'path': <'%s'>, 'type': "
                       "<'DirectoryOrCreate'>}>, 'mountOptions': <['noexec']>}]>}",
                       dir);
  g_autoptr (KvolPod) pod = story_pod ("web", spec);
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_string_equal (error->message, "volume \"data\" of pod \"default/web\": mount options are not supported for "
                                       "this volume type");
  assert_int_equal (access (dir, F_OK), -1);
  story_remove (story, pod);
  story_end (story);
}

static void
no_options_at_all_are_taken_by_every_plugin (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = pod_with ("hostPath", "/", "@as []");

  story_sync (story, pod);
  story_remove (story, pod);
  story_end (story);
}

static void
options_that_the_plugin_takes_go_through (void **state)
{
  Story *story = story_begin ();
  g_autofree char *dir = scratch_dir ("data");
  g_autoptr (KvolPod) pod = pod_with ("local", dir, "['noexec']");

  story_sync (story, pod);
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (options_that_the_plugin_does_not_take_are_refused_and_nothing_is_made),
    cmocka_unit_test (no_options_at_all_are_taken_by_every_plugin),
    cmocka_unit_test (options_that_the_plugin_takes_go_through),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - mount options # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("mount options", tests, NULL, NULL);
}

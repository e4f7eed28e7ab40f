/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a pod's flexVolume or csi volume names a Secret for: its driver is told the data at each call, and it is kept
 * nowhere. Every story is told by a plugin in this process and by one in a worker. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "support/built.h"
#include "support/scratch.h"
#include "support/story.h"

#define NEAR "example.test/near"
#define FAR "example.test/far"
#define TOLD "{'password': [0x78, 0x79, 0x7a, 0x7a, 0x79]}"

static Story *
begin (void)
{
  g_autofree char *fixtures = built_path ("fixtures");
  Story *self = story_begin ();

  assert_true (kvol_manager_load_plugins (self->manager, fixtures, NULL, NULL, NULL));
  scratch_mark ();
  memory_store_set (self->store, "Secret", "default", "keys", "password", "xyzzy", NULL);
  return self;
}

static KvolPod *
pod_with (const char *source)
{
  g_autofree char *spec = g_strdup_printf ("{'volumes': <[{'name': <'v'>, %s}]>}", source);

  return story_pod ("web", spec);
}

static KvolPod *
flex_pod (const char *driver, const char *name)
{
  g_autofree char *source = g_strdup_printf ("'flexVolume': <{'driver': <'%s'>, 'options': <{'do': <'secrets'>}>, "
                                             "'secretRef': <{'name': <'%s'>}>}>",
                                             driver, name);

  return pod_with (source);
}

static void
expect_told (Story *story, const char *driver, const char *words)
{
  g_autofree char *plugin = g_strdelimit (g_strdup (driver), "/", '~');
  g_autofree char *path = story_path (story, "web", plugin, "v", "told");
  g_autofree char *told = NULL;

  assert_true (g_file_get_contents (path, &told, NULL, NULL));
  assert_string_equal (told, words);
}

static gboolean
is_in (const char *dir, const char *words)
{
  g_autofree char *command = g_strdup_printf ("grep -rqF -- %s %s", words, dir);
  int status = 0;

  assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, NULL));
  return status == 0;
}

static void
a_drivers_secret_is_told (void **state)
{
  const char *driver = *state;
  Story *story = begin ();
  g_autoptr (KvolPod) pod = flex_pod (driver, "keys");
  g_autofree char *records = g_build_filename (story->root, "kvol", NULL);

  memory_store_set_type (story->store, "default", "keys", driver);
  story_sync (story, pod);
  expect_told (story, driver, TOLD);
  assert_false (is_in (records, "xyzzy"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_secret_of_another_type_is_not_told (void **state)
{
  Story *story = begin ();
  g_autoptr (KvolPod) pod = flex_pod (*state, "keys");
  g_autoptr (GError) error = NULL;
  g_autofree char *words =
      g_strdup_printf ("couldn't get secret default/keys: cannot get secret of type %s", (const char *) *state);

  memory_store_set_type (story->store, "default", "keys", "Opaque");
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, words));
  story_remove (story, pod);
  story_end (story);
}

static void
a_secret_that_is_not_there_is_named (void **state)
{
  Story *story = begin ();
  g_autoptr (KvolPod) pod = flex_pod (*state, "none");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_non_null (strstr (error->message, "couldn't get secret default/none: "));
  story_remove (story, pod);
  story_end (story);
}

static void
a_claims_volume_may_name_a_secret_of_another_namespace (void **state)
{
  const char *driver = *state;
  Story *story = begin ();
  g_autofree char *source =
      g_strdup_printf ("'specName': <'pv'>, 'flexVolume': <{'driver': <'%s'>, 'options': <{'do': <'secrets'>}>, "
                       "'secretRef': <{'name': <'keys'>, 'namespace': <'storage'>}>}>",
                       driver);
  g_autoptr (KvolPod) pod = pod_with (source);
  g_autofree char *plugin = g_strdelimit (g_strdup (driver), "/", '~');
  g_autofree char *path = story_path (story, "web", plugin, "pv", "told");
  g_autofree char *told = NULL;

  memory_store_set (story->store, "Secret", "storage", "keys", "password", "other", NULL);
  memory_store_set_type (story->store, "storage", "keys", driver);
  story_sync (story, pod);
  assert_true (g_file_get_contents (path, &told, NULL, NULL));
  assert_string_equal (told, "{'password': [0x6f, 0x74, 0x68, 0x65, 0x72]}");
  story_remove (story, pod);
  story_end (story);
}

/* The whole source is a csi driver's options; its Secret may be of any type. */
static void
a_csi_volumes_secret_is_told (void **state)
{
  const char *driver = *state;
  Story *story = begin ();
  g_autofree char *source = g_strdup_printf (
      "'csi': <{'driver': <'%s'>, 'do': <'secrets'>, 'nodePublishSecretRef': <{'name': <'keys'>}>}>", driver);
  g_autoptr (KvolPod) pod = pod_with (source);

  story_sync (story, pod);
  expect_told (story, driver, TOLD);
  story_remove (story, pod);
  story_end (story);
}

static void
a_driver_without_a_secret_is_told_nothing (void **state)
{
  const char *driver = *state;
  Story *story = begin ();
  g_autofree char *source =
      g_strdup_printf ("'flexVolume': <{'driver': <'%s'>, 'options': <{'do': <'secrets'>}>}>", driver);
  g_autoptr (KvolPod) pod = pod_with (source);

  story_sync (story, pod);
  expect_told (story, driver, "nothing");
  story_remove (story, pod);
  story_end (story);
}

#define BOTH(test)                                                                                                     \
  { #test " (in this process)", test, NULL, NULL, (void *) NEAR },                                                     \
  {                                                                                                                    \
#test " (in a worker)", test, NULL, NULL, (void *) FAR                                                             \
  }

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    BOTH (a_drivers_secret_is_told),
    BOTH (a_secret_of_another_type_is_not_told),
    BOTH (a_secret_that_is_not_there_is_named),
    BOTH (a_claims_volume_may_name_a_secret_of_another_namespace),
    BOTH (a_csi_volumes_secret_is_told),
    BOTH (a_driver_without_a_secret_is_told_nothing),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - driver secrets # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}

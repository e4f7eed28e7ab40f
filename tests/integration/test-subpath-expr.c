/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subPathExpr: a subPath of the container's own variables. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/story.h"

#define VARIABLES                                                                                                      \
  "'env': <[{'name': <'POD'>, 'valueFrom': <{'fieldRef': <{'fieldPath': <'metadata.name'>}>}>},"                       \
  "{'name': <'COLOR'>, 'valueFrom': <{'configMapKeyRef': <{'name': <'settings'>, 'key': <'color'>}>}>},"               \
  "{'name': <'EMPTY'>, 'value': <''>}]>, 'envFrom': <[{'secretRef': <{'name': <'keys'>}>}]>"

/* A pod with one emptyDir, which one container mounts whole and in part. */
static KvolPod *
pod_with (const char *expression)
{
  g_autofree char *spec = g_strdup_printf (
      "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>, 'containers': <[{'name': <'main'>, " VARIABLES ","
      "'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/all'>},"
      "{'name': <'data'>, 'mountPath': <'/part'>, 'subPathExpr': <'%s'>}]>}]>}",
      expression);

  return story_pod ("web", spec);
}

/* Whether the second mount of the container is the directory @name of the volume. */
static void
assert_bound_to (Story *story, const char *name)
{
  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (story->manager, "web-uid", "main", NULL);
  g_autofree char *inside = story_path (story, "web", "kubernetes.io~empty-dir", "data", name);
  struct stat wanted;
  struct stat bound;

  assert_non_null (mounts);
  assert_int_equal (mounts->len, 2);
  assert_string_equal (kvol_mount_get_destination (mounts->pdata[1]), "/part");
  assert_int_equal (stat (inside, &wanted), 0);
  assert_int_equal (stat (kvol_mount_get_source (mounts->pdata[1]), &bound), 0);
  assert_int_equal (wanted.st_ino, bound.st_ino);
}

static void
assert_refused (Story *story, const char *expression, KvolError code, const char *sentence)
{
  g_autoptr (KvolPod) pod = pod_with (expression);
  g_autofree char *binds = g_build_filename (story->root, "pods/web-uid/volume-subpaths", NULL);
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  if (!g_error_matches (error, KVOL_ERROR, code) || strstr (error->message, sentence) == NULL)
    fail_msg ("%s", error->message);
  assert_non_null (strstr (error->message, "subPath for volumeMount \"data\" of container \"main\""));
  assert_int_equal (access (binds, F_OK), -1);
  story_remove (story, pod);
}

static void
a_directory_of_the_containers_variables_is_made_and_bound (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(POD)/$(COLOR)/$$(x)/$(password)");

  story_sync (story, pod);
  assert_bound_to (story, "web/blue/$(x)/xyzzy");
  story_remove (story, pod);
  story_end (story);
}

static void
a_variable_that_changes_leads_elsewhere_at_the_next_sync (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");

  story_sync (story, pod);
  assert_bound_to (story, "blue");
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  assert_bound_to (story, "blue");
  story_sync (story, pod);
  assert_bound_to (story, "red");
  story_remove (story, pod);
  story_end (story);
}

static void
variables_that_are_missing_or_empty_are_named (void **state)
{
  Story *story = story_begin_with_objects ();

  assert_refused (story, "$(ZONE)/$(EMPTY)/$(POD)", KVOL_ERROR_INVALID_SPEC, ": missing value for EMPTY, ZONE");
  story_end (story);
}

static void
an_object_that_is_absent_is_waited_for (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");
  g_autoptr (GError) error = NULL;

  memory_store_remove (story->store, "ConfigMap", "default", "settings");
  assert_refused (story, "$(COLOR)", KVOL_ERROR_ABSENT, ": env \"COLOR\": ");
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "green", NULL);
  assert_true (kvol_manager_wait_pod (story->manager, "web-uid", NULL, &error));
  assert_bound_to (story, "green");
  story_remove (story, pod);
  story_end (story);
}

static void
values_do_not_lead_out_of_the_volume (void **state)
{
  Story *story = story_begin_with_objects ();

  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "/etc", NULL);
  assert_refused (story, "$(COLOR)", KVOL_ERROR_INVALID_SPEC, "error SubPath `/etc` must not be an absolute path");
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "../../etc", NULL);
  assert_refused (story, "a/$(COLOR)", KVOL_ERROR_INVALID_SPEC,
                  "unable to provision SubPath `a/../../etc`: must not contain '..'");
  story_end (story);
}

static void
a_link_that_a_value_leads_to_is_not_followed_out (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");
  g_autofree char *link = story_path (story, "web", "kubernetes.io~empty-dir", "data", "out");

  story_sync (story, pod);
  assert_int_equal (symlink ("/etc", link), 0);
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "out", NULL);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  story_remove (story, pod);
  story_end (story);
}

static void
another_process_hands_out_the_bind (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");

  story_sync (story, pod);
  story_restart (story);
  g_autoptr (GVariant) findings = kvol_manager_recover (story->manager, FALSE, NULL, NULL);

  assert_non_null (findings);
  assert_bound_to (story, "blue");
  story_remove (story, pod);
  story_end (story);
}

static void
a_container_without_its_variables_holds_up_no_other (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>, 'containers': <["
             "{'name': <'poor'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, 'subPathExpr': <'$(A)'>}]>},"
             "{'name': <'late'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, 'subPathExpr': <'$(B)'>}]>},"
             "{'name': <'rich'>, 'env': <[{'name': <'A'>, 'value': <'a'>}]>,"
             " 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, 'subPathExpr': <'$(A)'>}]>}]>}");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "of container \"poor\": missing value for A"));

  g_autoptr (GPtrArray) rich = kvol_manager_get_mounts (story->manager, "web-uid", "rich", NULL);
  g_autoptr (GPtrArray) poor = kvol_manager_get_mounts (story->manager, "web-uid", "poor", NULL);

  assert_non_null (rich);
  assert_null (poor);
  story_remove (story, pod);
  story_end (story);
}

/* ---- the environment itself ---- */

static void
assert_environment (Story *story, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) environment = kvol_manager_dup_environment (story->manager, "web-uid", "main", NULL, &error);

  assert_null (error);

  g_autofree char *line = g_strjoinv (" ", environment);

  assert_string_equal (line, expected);
}

static void
the_environment_is_told_with_the_objects_as_they_are (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_environment (story, "COLOR=blue EMPTY= POD=web password=xyzzy");
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  memory_store_be_slow (story->store);
  assert_environment (story, "COLOR=red EMPTY= POD=web password=xyzzy");

  memory_store_remove (story->store, "Secret", "default", "keys");
  assert_null (kvol_manager_dup_environment (story->manager, "web-uid", "main", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_non_null (strstr (error->message, "container \"main\": envFrom secretRef \"keys\": "));
  story_remove (story, pod);
  story_end (story);
}

static void
the_environment_of_nobody_is_absent (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");
  g_autoptr (GError) error = NULL;

  assert_null (kvol_manager_dup_environment (story->manager, "web-uid", "main", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  g_clear_error (&error);
  story_sync (story, pod);
  assert_null (kvol_manager_dup_environment (story->manager, "web-uid", "nobody", NULL, &error));
  assert_string_equal (error->message, "pod \"default/web\" has no container \"nobody\"");
  story_remove (story, pod);
  story_end (story);
}

static void
a_store_that_answers_later_is_heard_in_a_sync (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = pod_with ("$(COLOR)");

  memory_store_be_slow (story->store);
  story_sync (story, pod);
  assert_bound_to (story, "blue");
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_directory_of_the_containers_variables_is_made_and_bound),
    cmocka_unit_test (a_variable_that_changes_leads_elsewhere_at_the_next_sync),
    cmocka_unit_test (variables_that_are_missing_or_empty_are_named),
    cmocka_unit_test (an_object_that_is_absent_is_waited_for),
    cmocka_unit_test (values_do_not_lead_out_of_the_volume),
    cmocka_unit_test (a_link_that_a_value_leads_to_is_not_followed_out),
    cmocka_unit_test (a_container_without_its_variables_holds_up_no_other),
    cmocka_unit_test (another_process_hands_out_the_bind),
    cmocka_unit_test (the_environment_is_told_with_the_objects_as_they_are),
    cmocka_unit_test (the_environment_of_nobody_is_absent),
    cmocka_unit_test (a_store_that_answers_later_is_heard_in_a_sync),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - subPathExpr # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("subPathExpr", tests, NULL, NULL);
}

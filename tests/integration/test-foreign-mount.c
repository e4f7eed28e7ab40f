/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount that kvol did not make, in a place of kvol's: it is neither written to nor unmounted, and it is named. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "support/scratch.h"
#include "support/story.h"

static void
a_foreign_mount_on_a_volume_stops_its_removal_and_is_named (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", "{'volumes': <[{'name': <'scratch'>, 'emptyDir': <@a{sv} {}>}]>}");
  g_autofree char *scratch = story_path (story, "web", "kubernetes.io~empty-dir", "scratch", NULL);
  g_autofree char *canary = g_build_filename (scratch, "canary", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_int_equal (mount ("foreign", scratch, "tmpfs", 0, NULL), 0);
  assert_true (g_file_set_contents (canary, "alive", -1, NULL));
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, &error));
  assert_non_null (strstr (error->message, "\"scratch\""));
  assert_true (file_has (canary, "alive"));
  story_restart (story);
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  assert_true (file_has (canary, "alive"));
  assert_int_equal (umount2 (scratch, 0), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
a_foreign_mount_in_a_volumes_place_is_neither_filled_nor_unmounted (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *keys = story_path (story, "web", "kubernetes.io~secret", "keys", NULL);
  g_autofree char *password = g_build_filename (keys, "password", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_int_equal (umount2 (keys, 0), 0);
  assert_int_equal (mount ("foreign", keys, "tmpfs", 0, NULL), 0);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "a mount that kvol did not make"));
  assert_false (g_file_test (password, G_FILE_TEST_EXISTS));
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  assert_int_equal (umount2 (keys, 0), 0);
  story_remove (story, pod);
  story_end (story);
}

static gboolean
is_empty (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) == NULL;
}

static void
a_configmap_is_not_published_into_a_foreign_mount_on_its_directory (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *config = story_path (story, "web", "kubernetes.io~configmap", "config", NULL);
  g_autofree char *color = g_build_filename (config, "color", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_int_equal (mount ("foreign", config, "tmpfs", 0, NULL), 0);
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "a mount that kvol did not make"));
  assert_true (is_empty (config));
  assert_int_equal (umount2 (config, 0), 0);
  story_sync (story, pod);
  assert_true (file_has (color, "red"));
  story_remove (story, pod);
  story_end (story);
}

static void
no_sub_path_is_made_in_a_foreign_mount_on_its_volume (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>, 'containers': <[{'name': "
                        "<'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, 'subPath': <'a'>}]>}]>}");
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);

  story_sync (story, pod);
  assert_int_equal (mount ("foreign", data, "tmpfs", 0, NULL), 0);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  assert_true (is_empty (data));
  assert_int_equal (umount2 (data, 0), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
a_foreign_mount_on_a_sub_path_is_neither_handed_out_nor_unmounted (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>, 'containers': <[{'name': "
                        "<'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, 'subPath': <'a'>}]>}]>}");
  g_autofree char *target = g_build_filename (story->root, "pods/web-uid/volume-subpaths/data/main/0", NULL);
  g_autofree char *canary = g_build_filename (target, "canary", NULL);
  g_autofree char *made = story_path (story, "web", "kubernetes.io~empty-dir", "data", "a/canary");

  story_sync (story, pod);
  assert_int_equal (mount ("foreign", target, "tmpfs", 0, NULL), 0);
  assert_true (g_file_set_contents (canary, "alive", -1, NULL));
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
      assert_non_null (strstr (error->message, "a mount that kvol did not make"));
      assert_true (file_has (canary, "alive"));
      assert_null (kvol_manager_get_mounts (story->manager, "web-uid", "main", NULL));
      story_restart (story);
    }
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  assert_true (file_has (canary, "alive"));
  assert_int_equal (umount2 (target, 0), 0);
  /* What it lay on is the bind. */
  assert_true (g_file_set_contents (canary, "below", -1, NULL));
  assert_true (file_has (made, "below"));
  story_remove (story, pod);
  story_end (story);
}

/* Whoever took a set-up that failed for one that was cut off would unmount it. */
static void
a_foreign_mount_where_a_set_up_failed_survives_the_removal (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'config'>, 'configMap': <{'name': <'settings'>}>}]>}");
  g_autofree char *config = story_path (story, "web", "kubernetes.io~configmap", "config", NULL);

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  assert_int_equal (g_mkdir_with_parents (config, 0755), 0);
  assert_int_equal (mount ("foreign", config, "tmpfs", 0, NULL), 0);
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  story_restart (story);
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  assert_int_equal (umount2 (config, 0), 0);
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_foreign_mount_on_a_volume_stops_its_removal_and_is_named),
    cmocka_unit_test (a_foreign_mount_in_a_volumes_place_is_neither_filled_nor_unmounted),
    cmocka_unit_test (a_configmap_is_not_published_into_a_foreign_mount_on_its_directory),
    cmocka_unit_test (no_sub_path_is_made_in_a_foreign_mount_on_its_volume),
    cmocka_unit_test (a_foreign_mount_on_a_sub_path_is_neither_handed_out_nor_unmounted),
    cmocka_unit_test (a_foreign_mount_where_a_set_up_failed_survives_the_removal),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - foreign mounts # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}

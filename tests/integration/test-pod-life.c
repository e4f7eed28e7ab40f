/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pod's volumes from nothing to ready and back, on the real kernel, through the public API. */
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
#include <sys/statfs.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/story.h"

static void
a_pod_of_four_volumes_stands_and_falls (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *scratch = story_path (story, "web", "kubernetes.io~empty-dir", "scratch", NULL);
  g_autofree char *cache = story_path (story, "web", "kubernetes.io~empty-dir", "cache", NULL);
  g_autofree char *color = story_path (story, "web", "kubernetes.io~configmap", "config", "color");
  g_autofree char *keys = story_path (story, "web", "kubernetes.io~secret", "keys", NULL);
  g_autofree char *password = story_path (story, "web", "kubernetes.io~secret", "keys", "password");
  g_autofree char *mark = g_build_filename (story->root, "pods/web-uid/plugins/kubernetes.io~empty-dir", NULL);
  g_autofree char *scratch_ready = g_build_filename (mark, "scratch/ready", NULL);
  g_autofree char *keys_ready = g_build_filename (mark, "wrapped_keys/ready", NULL);
  struct stat info;
  struct statfs fs;

  story_sync (story, pod);
  assert_true (file_has (color, "blue"));
  assert_true (file_has (password, "xyzzy"));
  assert_int_equal (file_mode (scratch), 02777);
  assert_int_equal (stat (scratch, &info), 0);
  if (scratch_is_real_root ())
    assert_int_equal (info.st_gid, 1234);
  assert_int_equal (file_mode (keys), 03777);
  assert_int_equal (stat (password, &info), 0);
  assert_int_equal (info.st_mode & 07777, 0644);
  if (scratch_is_real_root ())
    assert_int_equal (info.st_gid, 1234);
  assert_int_equal (statfs (cache, &fs), 0);
  assert_int_equal (fs.f_type, 0x01021994);
  assert_int_equal (fs.f_blocks * fs.f_bsize, 1048576);
  assert_true (g_file_test (scratch_ready, G_FILE_TEST_IS_REGULAR));
  assert_true (g_file_test (keys_ready, G_FILE_TEST_IS_REGULAR));
  story_remove (story, pod);
  story_end (story);
}

static void
a_second_sync_without_change_leaves_the_data_link_alone (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *link = story_path (story, "web", "kubernetes.io~configmap", "config", "..data");

  story_sync (story, pod);

  g_autofree char *first = g_file_read_link (link, NULL);

  story_sync (story, pod);

  g_autofree char *second = g_file_read_link (link, NULL);

  assert_string_equal (first, second);
  story_remove (story, pod);
  story_end (story);
}

static void
a_changed_object_is_seen_after_a_sync (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *color = story_path (story, "web", "kubernetes.io~configmap", "config", "color");
  g_autofree char *shape = story_path (story, "web", "kubernetes.io~configmap", "config", "shape");
  g_autofree char *password = story_path (story, "web", "kubernetes.io~secret", "keys", "password");

  story_sync (story, pod);
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  memory_store_set (story->store, "Secret", "default", "keys", "password", "plugh", NULL);
  story_sync (story, pod);
  assert_true (file_has (color, "red"));
  assert_false (g_file_test (shape, G_FILE_TEST_EXISTS));
  assert_true (file_has (password, "plugh"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_failed_refresh_keeps_the_old_content_and_is_told (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *password = story_path (story, "web", "kubernetes.io~secret", "keys", "password");
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  memory_store_remove (story->store, "Secret", "default", "keys");
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_non_null (strstr (error->message, "volume \"keys\" of pod \"default/web\""));
  assert_true (file_has (password, "xyzzy"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_missing_object_leaves_no_directory (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'keys'>, 'secret': <{'secretName': <'no'>}>}]>}");
  g_autofree char *keys = story_path (story, "web", "kubernetes.io~secret", "keys", NULL);
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_false (g_file_test (keys, G_FILE_TEST_EXISTS));
  story_remove (story, pod);
  story_end (story);
}

static gpointer
set_later (gpointer data)
{
  g_usleep (50 * 1000);
  memory_store_set (data, "Secret", "default", "late", "key", "value", NULL);
  return NULL;
}

static void
a_waiter_is_woken_when_a_retry_succeeds (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'keys'>, 'secret': <{'secretName': <'late'>}>}]>}");
  g_autofree char *key = story_path (story, "web", "kubernetes.io~secret", "keys", "key");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  g_autoptr (GThread) thread = g_thread_new ("set-later", set_later, story->store);
  assert_true (kvol_manager_wait_pod (story->manager, "web-uid", NULL, &error));
  assert_true (file_has (key, "value"));
  g_thread_join (g_steal_pointer (&thread));
  story_remove (story, pod);
  story_end (story);
}

static void
a_wait_for_what_can_never_be_ends_at_once (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'odd'>, 'emptyDir': <{'medium': <'Paper'>}>}]>}");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  assert_false (kvol_manager_wait_pod (story->manager, "web-uid", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_non_null (strstr (error->message, "unknown storage medium \"Paper\""));
  story_remove (story, pod);
  story_end (story);
}

static void
a_removal_works_without_the_objects_and_by_another_process (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);

  story_sync (story, pod);
  memory_store_remove (story->store, "Secret", "default", "keys");
  memory_store_remove (story->store, "ConfigMap", "default", "settings");
  story_restart (story);
  story_remove (story, pod);
  story_remove (story, pod);
  story_end (story);
}

static void
a_restarted_manager_knows_what_was_ready (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autoptr (GVariant) findings = NULL;

  story_sync (story, pod);
  story_restart (story);
  findings = kvol_manager_recover (story->manager, FALSE, NULL, NULL);
  assert_int_equal (g_variant_n_children (findings), 0);

  g_autofree char *cache = story_state (story, "web", "cache");
  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (story->manager, "web-uid", "main", NULL);

  assert_string_equal (cache, "ready");
  assert_int_equal (mounts->len, 4);
  assert_string_equal (kvol_mount_get_destination (mounts->pdata[2]), "/etc/app");
  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[2]), "ro"));
  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "rw"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_volume_that_was_unmounted_behind_its_back_is_set_up_again (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *keys = story_path (story, "web", "kubernetes.io~secret", "keys", NULL);
  g_autofree char *password = g_build_filename (keys, "password", NULL);

  story_sync (story, pod);
  assert_int_equal (umount2 (keys, 0), 0);
  story_sync (story, pod);
  assert_true (file_has (password, "xyzzy"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_foreign_file_beside_the_volumes_stays_and_is_named (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *hosts = g_build_filename (story->root, "pods/web-uid/etc-hosts", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_true (g_file_set_contents (hosts, "127.0.0.1", -1, NULL));
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
  assert_non_null (strstr (error->message, "etc-hosts"));
  assert_true (file_has (hosts, "127.0.0.1"));
  assert_int_equal (unlink (hosts), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
a_busy_volume_is_removed_once_its_user_has_gone (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod ("web", STORY_FOUR_VOLUMES);
  g_autofree char *cache = story_path (story, "web", "kubernetes.io~empty-dir", "cache", NULL);
  g_autofree char *state_word = NULL;
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);

  int user = open (cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  state_word = story_state (story, "web", "keys");
  assert_string_equal (state_word, "gone");
  close (user);
  story_remove (story, pod);
  story_end (story);
}

static void
propagation_from_a_private_mount_is_refused_with_what_helps (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>, 'containers': <[{'name': <'main'>, "
             "'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>, 'mountPropagation': "
             "<'HostToContainer'>}]>}]>}");
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_null (kvol_manager_get_mounts (story->manager, "web-uid", "main", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_non_null (strstr (error->message, "mount --make-rshared"));

  assert_int_equal (mount (data, data, NULL, MS_BIND, NULL), 0);
  assert_int_equal (mount (NULL, data, NULL, MS_SHARED, NULL), 0);

  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (story->manager, "web-uid", "main", NULL);

  assert_int_equal (mounts->len, 1);
  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "rslave"));
  assert_int_equal (umount2 (data, 0), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
a_host_path_is_looked_at_by_every_sync (void **state)
{
  Story *story = story_begin ();
  g_autofree char *path = g_build_filename (story->root, "data", NULL);
  g_autofree char *spec = g_strdup_printf (
      "{'volumes': <[{'name': <'data'>, 'hostPath': <{'path': <'%s'>, 'type': <'DirectoryOrCreate'>}>}]>}", path);
  g_autoptr (KvolPod) pod = story_pod ("web", spec);

  story_sync (story, pod);
  assert_int_equal (rmdir (path), 0);
  story_sync (story, pod);
  assert_int_equal (rmdir (path), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
options_that_nothing_can_bring_up_to_date_are_refused_and_the_volume_stays (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) small = story_pod (
      "web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 65536>}>}]>}");
  g_autoptr (KvolPod) large = story_pod (
      "web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>, 'sizeLimit': <int64 131072>}>}]>}");
  g_autofree char *file = story_path (story, "web", "kubernetes.io~empty-dir", "data", "file");

  story_sync (story, small);
  assert_true (g_file_set_contents (file, "x", -1, NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (story->manager, large, NULL, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
      assert_non_null (strstr (error->message, "pod \"default/web\": the options of volume \"data\" may not change"));
      assert_true (file_has (file, "x"));
      story_restart (story);
    }
  story_sync (story, small);
  story_remove (story, small);
  story_end (story);
}

static void
a_plugin_is_told_of_a_removal_though_the_pods_directory_is_gone (void **state)
{
  Story *story = story_begin ();
  g_autofree char *fixtures = g_build_filename (g_getenv ("B"), "fixtures", NULL);
  g_autofree char *farewell = g_build_filename (story->root, "farewell", NULL);
  g_autofree char *dir = g_build_filename (story->root, "pods/web-uid", NULL);
  g_autofree char *aside = g_build_filename (story->root, "aside", NULL);
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'v'>, 'flexVolume': <{'driver': "
                       "<'example.test/near'>, 'options': <{'do': <'nothing'>, 'farewell': <'%s'>}>}>}]>}",
                       farewell);
  g_autoptr (KvolPod) pod = story_pod ("web", spec);

  assert_true (kvol_manager_load_plugins (story->manager, fixtures, NULL, NULL, NULL));
  scratch_mark ();
  story_sync (story, pod);
  assert_int_equal (rename (dir, aside), 0);
  story_remove (story, pod);
  assert_true (file_has (farewell, "nothing"));
  story_end (story);
}

static void
a_uid_stays_with_the_pod_that_has_it (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>}");
  g_autoptr (GVariant) object = g_variant_ref_sink (g_variant_new_parsed (
      "{'metadata': <{'name': <'other'>, 'uid': <'web-uid'>}>, 'spec': <{'volumes': <[{'name': <'more'>, 'emptyDir': "
      "<@a{sv} {}>}]>}>}"));
  g_autoptr (KvolPod) other = kvol_pod_new (object, NULL);
  g_autofree char *more = story_path (story, "web", "kubernetes.io~empty-dir", "more", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_false (kvol_manager_sync_pod (story->manager, other, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_false (g_file_test (more, G_FILE_TEST_EXISTS));
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_pod_of_four_volumes_stands_and_falls),
    cmocka_unit_test (a_second_sync_without_change_leaves_the_data_link_alone),
    cmocka_unit_test (a_changed_object_is_seen_after_a_sync),
    cmocka_unit_test (a_failed_refresh_keeps_the_old_content_and_is_told),
    cmocka_unit_test (a_missing_object_leaves_no_directory),
    cmocka_unit_test (a_waiter_is_woken_when_a_retry_succeeds),
    cmocka_unit_test (a_wait_for_what_can_never_be_ends_at_once),
    cmocka_unit_test (a_removal_works_without_the_objects_and_by_another_process),
    cmocka_unit_test (a_restarted_manager_knows_what_was_ready),
    cmocka_unit_test (a_volume_that_was_unmounted_behind_its_back_is_set_up_again),
    cmocka_unit_test (a_foreign_file_beside_the_volumes_stays_and_is_named),
    cmocka_unit_test (a_busy_volume_is_removed_once_its_user_has_gone),
    cmocka_unit_test (propagation_from_a_private_mount_is_refused_with_what_helps),
    cmocka_unit_test (a_host_path_is_looked_at_by_every_sync),
    cmocka_unit_test (a_plugin_is_told_of_a_removal_though_the_pods_directory_is_gone),
    cmocka_unit_test (a_uid_stays_with_the_pod_that_has_it),
    cmocka_unit_test (options_that_nothing_can_bring_up_to_date_are_refused_and_the_volume_stays),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - pod life # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}

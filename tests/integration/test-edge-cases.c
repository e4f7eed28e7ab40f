/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edge cases of emptyDir, configMap and secret that take the whole library: each test carries the name of its upstream
 * test (pkg/volume/emptydir, pkg/volume/secret, pkg/volume/configmap, test/e2e/common/storage). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/story.h"

#define EMPTY_DIR(fields) "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {" fields "}>}]>}"
#define SECRET(fields) "{'volumes': <[{'name': <'keys'>, 'secret': <{'secretName': <'keys'>" fields "}>}]>}"
#define CONFIG_MAP(fields) "{'volumes': <[{'name': <'config'>, 'configMap': <{'name': <'config'>" fields "}>}]>}"

static char *
secret_path (Story *story, const char *file)
{
  return story_path (story, "web", "kubernetes.io~secret", "keys", file);
}

static char *
config_path (Story *story, const char *file)
{
  return story_path (story, "web", "kubernetes.io~configmap", "config", file);
}

/* The size of the file system that @path lies on. */
static guint64
size_of (const char *path)
{
  struct statfs info;

  assert_int_equal (statfs (path, &info), 0);
  return (guint64) info.f_blocks * info.f_bsize;
}

typedef struct
{
  const char *upstream;
  const char *spec;
  guint64 size; /* of the tmpfs, bytes; 0: half of it at least, whatever this machine has */
} Size;

#define LIMIT(bytes)                                                                                                   \
  "'containers': <[{'name': <'main'>, 'resources': <{'limits': <{'memory': <int64 " bytes ">}>}>}]>, "
#define MEMORY "'volumes': <[{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>"

static const Size sizes[] = {
  { "TestCalculateEmptyDirMemorySize/EmptyDirLocalLimit",
    "{" LIMIT ("10485760") MEMORY ", 'sizeLimit': <int64 1048576>}>}]>}", 1048576 },
  { "TestCalculateEmptyDirMemorySize/PodLocalLimit", "{" LIMIT ("10485760") MEMORY ", 'sizeLimit': <int64 0>}>}]>}",
    10485760 },
  { "a size limit above the pod's limit does not raise it",
    "{" LIMIT ("1048576") MEMORY ", 'sizeLimit': <int64 10485760>}>}]>}", 1048576 },
  { "TestTmpfsMountOptions: a size in kibibytes", "{" MEMORY ", 'sizeLimit': <int64 126976>}>}]>}", 126976 },
  { "TestCalculateEmptyDirMemorySize/NodeAllocatableLimit", "{" MEMORY "}>}]>}", 0 },
};

static void
size_row (void **state)
{
  const Size *row = *state;
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", row->spec);
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);
  guint64 node = (guint64) sysconf (_SC_PHYS_PAGES) * (guint64) sysconf (_SC_PAGE_SIZE);

  story_sync (story, pod);
  if (row->size > 0)
    assert_int_equal (size_of (data), row->size);
  else
    assert_true (size_of (data) > node / 10 * 9 && size_of (data) <= node);
  story_remove (story, pod);
  story_end (story);
}

static void
e2e_volumes_of_both_media_have_the_correct_mode (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", "{'volumes': <[{'name': <'disk'>, 'emptyDir': <@a{sv} {}>}, {'name': "
                                              "<'memory'>, 'emptyDir': <{'medium': <'Memory'>}>}]>}");
  g_autofree char *disk = story_path (story, "web", "kubernetes.io~empty-dir", "disk", NULL);
  g_autofree char *memory = story_path (story, "web", "kubernetes.io~empty-dir", "memory", NULL);
  mode_t before = umask (077);

  story_sync (story, pod);
  umask (before);
  assert_int_equal (file_mode (disk), 0777);
  assert_int_equal (file_mode (memory), 01777);
  story_remove (story, pod);
  story_end (story);
}

/* The mark says ready, but the machine was rebooted: nothing is mounted, nothing is there. */
static void
TestPluginReboot_the_content_is_written_again (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", SECRET (""));
  g_autofree char *marks =
      g_build_filename (story->root, "pods/web-uid/plugins/kubernetes.io~empty-dir/wrapped_keys", NULL);
  g_autofree char *ready = g_build_filename (marks, "ready", NULL);
  g_autofree char *key = secret_path (story, "key");

  memory_store_set (story->store, "Secret", "default", "keys", "key", "value", NULL);
  assert_int_equal (g_mkdir_with_parents (marks, 0750), 0);
  assert_true (g_file_set_contents (ready, "", 0, NULL));
  story_sync (story, pod);
  assert_true (file_has (key, "value"));
  story_remove (story, pod);
  story_end (story);
}

static void
TestPluginOptional_a_missing_object_is_an_empty_volume (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", CONFIG_MAP (", 'optional': <true>"));
  g_autofree char *volume = config_path (story, NULL);
  g_autofree char *data = config_path (story, "..data");

  story_sync (story, pod);
  assert_int_equal (scratch_count_names (volume), 2);
  assert_int_equal (scratch_count_names (data), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
e2e_optional_updates_should_be_reflected_in_volume (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", CONFIG_MAP (", 'optional': <true>"));
  g_autofree char *key = config_path (story, "key");

  story_sync (story, pod);
  assert_false (g_file_test (key, G_FILE_TEST_EXISTS));
  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "created", NULL);
  story_sync (story, pod);
  assert_true (file_has (key, "created"));
  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "updated", NULL);
  story_sync (story, pod);
  assert_true (file_has (key, "updated"));
  memory_store_remove (story->store, "ConfigMap", "default", "config");
  story_sync (story, pod);
  assert_false (g_file_test (key, G_FILE_TEST_EXISTS));
  story_remove (story, pod);
  story_end (story);
}

static void
TestInvalidPathSecret_a_missing_key_leaves_no_directory (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", SECRET (", 'items': <[{'key': <'none'>, 'path': <'x'>}]>"));
  g_autofree char *volume = secret_path (story, NULL);
  g_autoptr (GError) error = NULL;

  memory_store_set (story->store, "Secret", "default", "keys", "key", "value", NULL);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "references non-existent secret key: none"));
  assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
  story_remove (story, pod);
  story_end (story);
}

static void
TestPlugin_fs_group_may_read_what_is_published (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'securityContext': <{'fsGroup': <int64 0>}>, 'volumes': <[{'name': <'keys'>, 'secret': "
                        "<{'secretName': <'keys'>, 'defaultMode': <int64 256>}>}]>}");
  g_autofree char *key = secret_path (story, "..data/key");

  memory_store_set (story->store, "Secret", "default", "keys", "key", "value", NULL);
  story_sync (story, pod);
  assert_int_equal (file_mode (key), 0440);
  story_remove (story, pod);
  story_end (story);
}

static void
e2e_one_object_is_consumable_in_multiple_volumes_of_a_pod (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'one'>, 'secret': <{'secretName': <'keys'>}>}, {'name': <'other'>, "
                        "'secret': <{'secretName': <'keys'>}>}]>}");
  g_autofree char *one = story_path (story, "web", "kubernetes.io~secret", "one", "key");
  g_autofree char *other = story_path (story, "web", "kubernetes.io~secret", "other", "key");

  memory_store_set (story->store, "Secret", "default", "keys", "key", "value", NULL);
  story_sync (story, pod);
  assert_true (file_has (one, "value"));
  assert_true (file_has (other, "value"));
  story_remove (story, pod);
  story_end (story);
}

static void
e2e_a_secret_of_the_same_name_in_another_namespace_is_not_used (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", SECRET (""));
  g_autofree char *key = secret_path (story, "key");

  memory_store_set (story->store, "Secret", "other", "keys", "key", "foreign", NULL);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  memory_store_set (story->store, "Secret", "default", "keys", "key", "own", NULL);
  story_sync (story, pod);
  assert_true (file_has (key, "own"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_stale_temporary_link_does_not_break_an_update (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", CONFIG_MAP (""));
  g_autofree char *key = config_path (story, "key");
  g_autofree char *temporary = config_path (story, "..data_tmp");

  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "old", NULL);
  story_sync (story, pod);
  assert_int_equal (symlink ("nowhere", temporary), 0);
  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "new", NULL);
  story_sync (story, pod);
  assert_true (file_has (key, "new"));
  assert_false (g_file_test (temporary, G_FILE_TEST_IS_SYMLINK));
  story_remove (story, pod);
  story_end (story);
}

static void
nested_mount_points_are_made_in_a_projected_volume_and_survive_updates (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'config'>, 'configMap': <{'name': <'config'>}>}, {'name': <'data'>, 'emptyDir': "
             "<@a{sv} {}>}]>, 'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'config'>, 'mountPath': "
             "<'/etc/app'>}, {'name': <'data'>, 'mountPath': <'/etc/app/data/deep'>}]>}]>}");
  g_autofree char *nested = config_path (story, "data/deep");

  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "old", NULL);
  story_sync (story, pod);
  assert_int_equal (file_mode (nested), 0755);
  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "new", NULL);
  story_sync (story, pod);
  assert_int_equal (file_mode (nested), 0755);
  story_remove (story, pod);
  story_end (story);
}

#define N_PODS 16

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *left = data;
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_sync_pod_finish (KVOL_MANAGER (source), result, &error))
    fail_msg ("%s", error->message);
  (*left)--;
}

static void
e2e_many_config_maps_in_parallel_pods_do_not_race (void **state)
{
  Story *story = story_begin ();
  guint left = N_PODS;

  memory_store_set (story->store, "ConfigMap", "default", "config", "key", "value", NULL);
  for (guint i = 0; i < N_PODS; i++)
    {
      g_autofree char *name = g_strdup_printf ("pod%u", i);
      g_autoptr (KvolPod) pod = story_pod (name, CONFIG_MAP (""));

      kvol_manager_sync_pod_async (story->manager, pod, NULL, keep_result, &left);
    }
  while (left > 0)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < N_PODS; i++)
    {
      g_autofree char *name = g_strdup_printf ("pod%u", i);
      g_autofree char *uid = g_strdup_printf ("pod%u-uid", i);
      g_autofree char *key = story_path (story, name, "kubernetes.io~configmap", "config", "key");

      assert_true (file_has (key, "value"));
      assert_true (kvol_manager_remove_pod (story->manager, uid, NULL, NULL));
    }
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (e2e_volumes_of_both_media_have_the_correct_mode),
    cmocka_unit_test (TestPluginReboot_the_content_is_written_again),
    cmocka_unit_test (TestPluginOptional_a_missing_object_is_an_empty_volume),
    cmocka_unit_test (e2e_optional_updates_should_be_reflected_in_volume),
    cmocka_unit_test (TestInvalidPathSecret_a_missing_key_leaves_no_directory),
    cmocka_unit_test (TestPlugin_fs_group_may_read_what_is_published),
    cmocka_unit_test (e2e_one_object_is_consumable_in_multiple_volumes_of_a_pod),
    cmocka_unit_test (e2e_a_secret_of_the_same_name_in_another_namespace_is_not_used),
    cmocka_unit_test (a_stale_temporary_link_does_not_break_an_update),
    cmocka_unit_test (nested_mount_points_are_made_in_a_projected_volume_and_survive_updates),
    cmocka_unit_test (e2e_many_config_maps_in_parallel_pods_do_not_race),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (plain) + G_N_ELEMENTS (sizes)];

  if (!scratch_enter (&reason))
    {
      print_message ("ok - edge cases # SKIP %s\n", reason);
      return 0;
    }
  memcpy (tests, plain, sizeof plain);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    tests[G_N_ELEMENTS (plain) + i] =
        (struct CMUnitTest){ .name = sizes[i].upstream, .test_func = size_row, .initial_state = (void *) &sizes[i] };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

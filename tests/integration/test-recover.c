/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is found after a start: records, directories without a record, and what is not ours. Rows carry the upstream
 * test's name (pkg/kubelet, TestCleanupOrphanedPodDirs; pkg/volume/emptydir). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/rows.h"
#include "support/scratch.h"
#include "support/story.h"

#define ONE_EMPTY_DIR "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>}"

static void
make_dirs (Story *story, const char *path)
{
  g_autofree char *full = g_build_filename (story->root, "pods", path, NULL);

  assert_int_equal (g_mkdir_with_parents (full, 0750), 0);
}

static void
make_file (Story *story, const char *path)
{
  g_autofree char *full = g_build_filename (story->root, "pods", path, NULL);

  assert_true (g_file_set_contents (full, "x", -1, NULL));
}

/* A pod's directory without a record: what it holds, and whether a removal may take all of it. */
typedef struct
{
  const char *name; /* upstream's */
  const char *dirs[3];
  const char *file;
  gboolean stays;
} Orphan;

static const Orphan orphans[] = {
  { "TestCleanupOrphanedPodDirs/pod-doesnot-exist-novolume", { "web-uid/volumes" } },
  { "TestCleanupOrphanedPodDirs/pod-doesnot-exist-with-volume", { "web-uid/volumes/kubernetes.io~empty-dir/data" } },
  { "TestCleanupOrphanedPodDirs/pod-doesnot-exist-with-volume-subdir",
    { "web-uid/volumes/kubernetes.io~empty-dir/data/sub" } },
  { "TestCleanupOrphanedPodDirs/pod-doesnot-exist-with-subpath",
    { "web-uid/volumes/kubernetes.io~empty-dir/data", "web-uid/volume-subpaths/data/main/0" } },
  { "TestCleanupOrphanedPodDirs/pod-doesnot-exists-with-populated-volume",
    { "web-uid/volumes/kubernetes.io~nfs/data" },
    "web-uid/volumes/kubernetes.io~nfs/data/file",
    TRUE },
  { "TestCleanupOrphanedPodDirs/pod-doesnot-exists-with-populated-subpath",
    { "web-uid/volumes/kubernetes.io~empty-dir/data", "web-uid/volume-subpaths/data/main/0" },
    "web-uid/volume-subpaths/data/main/0/file",
    TRUE },
  { "TestReconstructVolumes/unknown-plugin", { "web-uid/volumes/vendor.example~odd/data" }, NULL, TRUE },
};

static void
orphan_row (void **state)
{
  const Orphan *row = *state;
  Story *story = story_begin ();
  g_autofree char *file = row->file ? g_build_filename (story->root, "pods", row->file, NULL) : NULL;
  g_autoptr (GVariant) findings = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (row->dirs) && row->dirs[i] != NULL; i++)
    make_dirs (story, row->dirs[i]);
  if (row->file != NULL)
    make_file (story, row->file);

  findings = kvol_manager_recover (story->manager, FALSE, NULL, NULL);
  assert_true (g_variant_n_children (findings) > 0);
  assert_int_equal (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL), !row->stays);
  if (file != NULL)
    assert_true (file_has (file, "x"));
  if (row->stays)
    {
      g_autofree char *command =
          g_strdup_printf ("rm -rf '%s/pods/web-uid' '%s/kvol/pods/web-uid'", story->root, story->root);

      assert_int_equal (system (command), 0);
    }
  story_end (story);
}

/* upstream TestPluginEmptyRootContext: the volume's directory and its mark, each there or not, then set-up and
 * tear-down. */
typedef struct
{
  const char *name; /* upstream's */
  gboolean dir;
  gboolean mark;
} Beginning;

static const Beginning beginnings[] = {
  { "TestPluginEmptyRootContext #1: directory and mark", TRUE, TRUE },
  { "TestPluginEmptyRootContext #2: neither", FALSE, FALSE },
  { "TestPluginEmptyRootContext #3: directory", TRUE, FALSE },
  { "TestPluginEmptyRootContext #4: mark", FALSE, TRUE },
};

static void
beginning_row (void **state)
{
  const Beginning *row = *state;
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_EMPTY_DIR);
  g_autofree char *ready =
      g_build_filename (story->root, "pods/web-uid/plugins/kubernetes.io~empty-dir/data/ready", NULL);
  unsigned mounts = count_mounts ();

  if (row->dir)
    make_dirs (story, "web-uid/volumes/kubernetes.io~empty-dir/data");
  if (row->mark)
    {
      make_dirs (story, "web-uid/plugins/kubernetes.io~empty-dir/data");
      make_file (story, "web-uid/plugins/kubernetes.io~empty-dir/data/ready");
    }
  story_sync (story, pod);
  assert_true (g_file_test (ready, G_FILE_TEST_IS_REGULAR));
  assert_int_equal (count_mounts (), mounts);

  g_autofree char *dir = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);

  assert_int_equal (file_mode (dir), 0777);
  story_remove (story, pod);
  story_end (story);
}

static void
a_damaged_record_costs_no_data_of_a_pod_that_is_wanted (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_EMPTY_DIR);
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", "file");
  g_autofree char *record = g_build_filename (story->root, "kvol/pods/web-uid", NULL);

  story_sync (story, pod);
  assert_true (g_file_set_contents (data, "precious", -1, NULL));
  assert_true (g_file_set_contents (record, "garbage", -1, NULL));
  story_restart (story);

  g_autoptr (GVariant) findings = kvol_manager_recover (story->manager, FALSE, NULL, NULL);

  assert_int_equal (g_variant_n_children (findings), 1);
  assert_true (file_has (data, "precious"));
  story_sync (story, pod);
  assert_true (file_has (data, "precious"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_damaged_record_hides_no_bind_of_a_host_path (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'host'>, 'hostPath': <{'path': <'/tmp'>}>}]>, 'containers': <[{'name': "
             "<'main'>, 'volumeMounts': <[{'name': <'host'>, 'mountPath': <'/h'>, 'subPath': <'.'>}]>}]>}");
  g_autofree char *record = g_build_filename (story->root, "kvol/pods/web-uid", NULL);

  story_sync (story, pod);
  assert_true (g_file_set_contents (record, "garbage", -1, NULL));
  story_restart (story);
  story_remove (story, pod);
  story_end (story);
}

static void
a_record_of_a_newer_version_is_not_touched (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_EMPTY_DIR);
  g_autofree char *record = g_build_filename (story->root, "kvol/pods/web-uid", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize size = 0;

  story_sync (story, pod);
  assert_true (g_file_get_contents (record, &text, &size, NULL));
  text[8] = 99;
  text[4096 + 8] = 99;
  assert_true (g_file_set_contents (record, text, size, NULL));
  story_restart (story);
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABI));
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  text[8] = text[4096 + 8] = 1;
  assert_true (g_file_set_contents (record, text, size, NULL));
  story_remove (story, pod);
  story_end (story);
}

static void
a_dry_run_changes_nothing_and_says_what_it_would (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>}>}]>}");
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);
  g_autofree char *record = g_build_filename (story->root, "kvol/pods/web-uid", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize size_before = 0;
  gsize size_after = 0;

  story_sync (story, pod);
  assert_int_equal (umount2 (data, 0), 0);
  story_restart (story);
  assert_true (g_file_get_contents (record, &before, &size_before, NULL));

  g_autoptr (GVariant) findings = kvol_manager_recover (story->manager, TRUE, NULL, NULL);

  assert_int_equal (g_variant_n_children (findings), 1);
  assert_true (g_file_get_contents (record, &after, &size_after, NULL));
  assert_int_equal (size_before, size_after);
  assert_memory_equal (before, after, size_before);

  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, FALSE, NULL, NULL));
  story_restart (story);

  g_autoptr (GVariant) again = kvol_manager_recover (story->manager, FALSE, NULL, NULL);

  assert_int_equal (g_variant_n_children (again), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
unwanted_pods_go_once_the_list_is_complete_and_not_before (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) stays = story_pod ("stays", ONE_EMPTY_DIR);
  g_autoptr (KvolPod) goes = story_pod ("goes", ONE_EMPTY_DIR);
  g_autofree char *gone = g_build_filename (story->root, "pods/goes-uid", NULL);
  g_autofree char *kept = g_build_filename (story->root, "pods/stays-uid", NULL);

  story_sync (story, stays);
  story_sync (story, goes);
  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, FALSE, NULL, NULL));
  story_sync (story, stays);
  assert_true (g_file_test (gone, G_FILE_TEST_IS_DIR));
  kvol_manager_set_complete (story->manager);
  /* Ending the manager waits for what runs in the background. */
  story_restart (story);
  assert_false (g_file_test (gone, G_FILE_TEST_EXISTS));
  assert_true (g_file_test (kept, G_FILE_TEST_IS_DIR));
  story_remove (story, stays);
  story_end (story);
}

static char *
kind_of (GVariant *findings)
{
  char *kind = NULL;

  assert_int_equal (g_variant_n_children (findings), 1);
  g_variant_get_child (findings, 0, "@a{sv}", &findings);
  g_variant_lookup (findings, "kind", "s", &kind);
  g_variant_unref (findings);
  return kind;
}

/* Holds a volume open, by a number that is in nobody's way: what is left in the end is told by numbers. */
static int
use (const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int user = fcntl (fd, F_DUPFD_CLOEXEC, 100);

  close (fd);
  assert_true (user >= 0);
  return user;
}

static void
what_is_in_use_is_unfinished_and_not_foreign (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>}>}]>}");
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);

  story_sync (story, pod);

  int user = use (data);

  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  story_restart (story);

  g_autoptr (GVariant) findings = kvol_manager_recover (story->manager, FALSE, NULL, NULL);
  g_autofree char *kind = kind_of (findings);

  assert_string_equal (kind, "unfinished");
  close (user);
  story_remove (story, pod);
  story_end (story);
}

static void
an_unwanted_pod_in_use_goes_when_its_user_has_gone (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>}>}]>}");
  g_autofree char *data = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);
  g_autofree char *state_word = NULL;

  story_sync (story, pod);
  story_restart (story);

  int user = use (data);

  g_variant_unref (kvol_manager_recover (story->manager, FALSE, NULL, NULL));
  kvol_manager_set_complete (story->manager);
  do
    {
      g_free (state_word);
      state_word = story_state (story, "web", "data");
      g_usleep (1000);
    }
  while (!g_str_equal (state_word, "failed"));
  close (user);
  while (g_file_test (data, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  story_remove (story, pod);
  story_end (story);
}

static char *
error_of (Story *story)
{
  g_autoptr (GVariant) status = kvol_manager_get_status (story->manager);
  g_autofree char *text = g_variant_print (status, FALSE);
  const char *error = strstr (text, "'error'");

  return g_strdup (error != NULL ? error : "");
}

static void
an_error_of_a_refresh_outlives_the_process_and_not_its_cause (void **state)
{
  Story *story = story_begin_with_objects ();
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'config'>, 'configMap': <{'name': <'settings'>, 'items': <[{'key': <'color'>, "
             "'path': <'color'>}]>}>}]>}");

  story_sync (story, pod);
  memory_store_set (story->store, "ConfigMap", "default", "settings", "shape", "round", NULL);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, TRUE, NULL, NULL));

  g_autofree char *ill = error_of (story);

  assert_non_null (strstr (ill, "color"));
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "blue", NULL);
  story_sync (story, pod);
  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, TRUE, NULL, NULL));

  g_autofree char *well = error_of (story);

  assert_string_equal (well, "");
  story_remove (story, pod);
  story_end (story);
}

static gint64
since_of (Story *story)
{
  g_autoptr (GVariant) status = kvol_manager_get_status (story->manager);
  g_autoptr (GVariant) pod = g_variant_get_child_value (status, 0);
  g_autoptr (GVariant) volumes = g_variant_lookup_value (pod, "volumes", NULL);
  g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, 0);
  gint64 since = 0;

  assert_true (g_variant_lookup (volume, "since", "x", &since));
  return since;
}

static void
since_when_a_volume_is_ready_outlives_the_process (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", ONE_EMPTY_DIR);

  story_sync (story, pod);

  gint64 since = since_of (story);

  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, FALSE, NULL, NULL));
  assert_true (since_of (story) == since);
  story_remove (story, pod);
  story_end (story);
}

static void
names_that_lead_elsewhere_are_refused (void **state)
{
  static const char *const uids[] = { "", ".", "..", "../x", "a/b", ".hidden" };
  Story *story = story_begin ();

  for (guint i = 0; i < G_N_ELEMENTS (uids); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_remove_pod (story->manager, uids[i], NULL, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
    }
  story_end (story);
}

static void
looking_at_a_root_changes_nothing_in_it (void **state)
{
  g_autofree char *root = scratch_dir ("untouched");
  g_autofree char *missing = g_build_filename (root, "missing", NULL);
  g_autofree char *plugins = g_build_filename (g_getenv ("B"), "plugins", NULL);
  const char *const roots[] = { root, missing };

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      g_autoptr (KvolManager) manager = kvol_manager_new (roots[i], NULL);
      g_autoptr (GVariant) findings = NULL;
      g_autoptr (GVariant) status = NULL;

      assert_true (kvol_manager_load_plugins (manager, plugins, NULL, NULL, NULL));
      findings = kvol_manager_recover (manager, FALSE, NULL, NULL);
      status = kvol_manager_get_status (manager);
      assert_int_equal (g_variant_n_children (findings) + g_variant_n_children (status), 0);
      assert_true (kvol_manager_remove_pod (manager, "nobody", NULL, NULL));
    }
  assert_int_equal (rmdir (root), 0);
}

static void
the_last_error_outlives_the_process_that_met_it (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'odd'>, 'emptyDir': <{'medium': <'Paper'>}>}]>}");

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  story_restart (story);
  g_variant_unref (kvol_manager_recover (story->manager, TRUE, NULL, NULL));

  g_autoptr (GVariant) status = kvol_manager_get_status (story->manager);
  g_autofree char *text = g_variant_print (status, FALSE);

  assert_non_null (strstr (text, "unknown storage medium"));
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (a_damaged_record_costs_no_data_of_a_pod_that_is_wanted),
    cmocka_unit_test (a_damaged_record_hides_no_bind_of_a_host_path),
    cmocka_unit_test (a_record_of_a_newer_version_is_not_touched),
    cmocka_unit_test (a_dry_run_changes_nothing_and_says_what_it_would),
    cmocka_unit_test (unwanted_pods_go_once_the_list_is_complete_and_not_before),
    cmocka_unit_test (looking_at_a_root_changes_nothing_in_it),
    cmocka_unit_test (the_last_error_outlives_the_process_that_met_it),
    cmocka_unit_test (what_is_in_use_is_unfinished_and_not_foreign),
    cmocka_unit_test (an_unwanted_pod_in_use_goes_when_its_user_has_gone),
    cmocka_unit_test (an_error_of_a_refresh_outlives_the_process_and_not_its_cause),
    cmocka_unit_test (since_when_a_volume_is_ready_outlives_the_process),
    cmocka_unit_test (names_that_lead_elsewhere_are_refused),
  };
  g_autoptr (GArray) tests = rows_new ();

  if (!scratch_enter (&reason))
    {
      print_message ("ok - recover # SKIP %s\n", reason);
      return 0;
    }
  rows_add_plain (tests, plain);
  rows_add_all (tests, orphans, orphan_row);
  rows_add_all (tests, beginnings, beginning_row);
  return rows_run ("recover", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* downwardAPI volumes on the real kernel: from a pod's object to files, and again when the object changes. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/story.h"

#define DOWNWARD "kubernetes.io~downward-api"

/* Pod "default/web" with these labels (GVariant text) and this spec. */
static KvolPod *
labelled_pod (const char *labels, const char *spec)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf ("{'metadata': <{'name': <'web'>, 'uid': <'web-uid'>, 'labels': <%s>, "
                                           "'annotations': <{'note': <'two\\nlines'>}>}>,"
                                           " 'spec': <%s>}",
                                           labels, spec);
  g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  KvolPod *pod = object ? kvol_pod_new (object, &error) : NULL;

  if (pod == NULL)
    fail_msg ("%s", error->message);
  return pod;
}

#define FIELD(path, field) "{'path': <'" path "'>, 'fieldRef': <{'fieldPath': <\"" field "\">}>}"
#define RESOURCE(path, resource)                                                                                       \
  "{'path': <'" path "'>, 'resourceFieldRef': <{'containerName': <'main'>, 'resource': <'" resource "'>}>}"
#define SPEC(items)                                                                                                    \
  "{'volumes': <[{'name': <'info'>, 'downwardAPI': <{'items': <[" items "]>}>}]>,"                                     \
  " 'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'info'>, 'mountPath': <'/info'>}]>}]>}"

static void
assert_file (Story *story, const char *name, const char *content)
{
  g_autofree char *path = story_path (story, "web", DOWNWARD, "info", name);
  g_autofree char *found = NULL;

  if (!g_file_get_contents (path, &found, NULL, NULL))
    fail_msg ("%s is not there", path);
  assert_string_equal (found, content);
}

/* clang-format off */
#define ALL_FIELDS \
  FIELD ("labels", "metadata.labels") "," \
  FIELD ("annotations", "metadata.annotations") "," \
  FIELD ("deep//name", "metadata.name") "," \
  FIELD ("ns", "metadata.namespace") "," \
  FIELD ("uid", "metadata.uid") "," \
  FIELD ("b", "metadata.labels['b']") "," \
  FIELD ("c", "metadata.labels['c']")
/* clang-format on */

static void
a_pod_tells_its_containers_about_itself (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = labelled_pod ("{'b': <'two'>, 'a': <'one'>}", SPEC (ALL_FIELDS));
  g_autofree char *volume = story_path (story, "web", DOWNWARD, "info", NULL);
  g_autofree char *labels = story_path (story, "web", DOWNWARD, "info", "..data/labels");
  g_autofree char *mark =
      g_build_filename (story->root, "pods/web-uid/plugins/kubernetes.io~empty-dir", "wrapped_info", "ready", NULL);
  struct statfs fs;

  story_sync (story, pod);
  assert_file (story, "labels", "a=\"one\"\nb=\"two\"");
  assert_file (story, "annotations", "note=\"two\\nlines\"");
  assert_file (story, "deep/name", "web");
  assert_file (story, "ns", "default");
  assert_file (story, "uid", "web-uid");
  assert_file (story, "b", "two");
  assert_file (story, "c", "");
  assert_int_equal (statfs (volume, &fs), 0);
  assert_int_equal (fs.f_type, 0x01021994);
  assert_int_equal (file_mode (volume), 01777);
  assert_int_equal (file_mode (labels), 0644);
  assert_true (g_file_test (mark, G_FILE_TEST_IS_REGULAR));

  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (story->manager, "web-uid", "main", NULL);

  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "ro"));
  story_remove (story, pod);
  story_end (story);
}

/* TestDownwardAPI/test_write_twice_no_update, test_write_twice_with_update */
static void
labels_that_change_are_seen_after_a_sync_and_nothing_else_is_written (void **state)
{
  static const char *const labels[] = { "{'a': <'1'>}", "{'a': <'1'>}", "{'a': <'2'>}", "@a{sv} {}" };
  static const char *const contents[] = { "a=\"1\"", "a=\"1\"", "a=\"2\"", "" };
  Story *story = story_begin ();
  g_autofree char *link = story_path (story, "web", DOWNWARD, "info", "..data");
  g_autofree char *before = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      g_autoptr (KvolPod) pod = labelled_pod (labels[i], SPEC (FIELD ("labels", "metadata.labels")));

      story_sync (story, pod);
      story_sync (story, pod);
      assert_file (story, "labels", contents[i]);

      char *now = g_file_read_link (link, NULL);

      assert_int_equal (g_str_equal (now, before), i == 1);
      g_free (before);
      before = now;
    }
  assert_true (kvol_manager_remove_pod (story->manager, "web-uid", NULL, NULL));
  story_end (story);
}

static void
a_changed_label_is_seen_after_a_restart (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = labelled_pod ("{'a': <'1'>}", SPEC (FIELD ("a", "metadata.labels['a']")));
  g_autoptr (KvolPod) changed = labelled_pod ("{'a': <'2'>}", SPEC (FIELD ("a", "metadata.labels['a']")));
  g_autoptr (GVariant) findings = NULL;

  story_sync (story, pod);
  story_restart (story);
  findings = kvol_manager_recover (story->manager, FALSE, NULL, NULL);
  assert_int_equal (g_variant_n_children (findings), 0);
  assert_file (story, "a", "1");
  story_sync (story, changed);
  assert_file (story, "a", "2");
  story_remove (story, changed);
  story_end (story);
}

/* MemTotal, in bytes. */
static char *
memory_of_this_machine (void)
{
  g_autofree char *text = NULL;

  assert_true (g_file_get_contents ("/proc/meminfo", &text, NULL, NULL));

  const char *line = strstr (text, "MemTotal:");

  assert_non_null (line);
  return g_strdup_printf ("%" G_GINT64_FORMAT, g_ascii_strtoll (line + strlen ("MemTotal:"), NULL, 10) * 1024);
}

/* "should provide node allocatable (cpu) as default cpu limit if the limit is not set", and (memory) */
static void
a_container_without_limits_is_told_what_the_node_has (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = labelled_pod (
      "@a{sv} {}", SPEC (RESOURCE ("memory", "limits.memory") "," RESOURCE ("cpu", "limits.cpu") "," RESOURCE (
                       "disk", "limits.ephemeral-storage") "," RESOURCE ("request", "requests.memory")));
  g_autofree char *memory = memory_of_this_machine ();
  g_autofree char *cpus = g_strdup_printf ("%ld", sysconf (_SC_NPROCESSORS_ONLN));
  g_autofree char *disk = NULL;
  struct statfs fs;

  story_sync (story, pod);
  assert_int_equal (statfs (story->root, &fs), 0);
  disk = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) fs.f_blocks * fs.f_bsize);
  assert_file (story, "memory", memory);
  assert_file (story, "cpu", cpus);
  assert_file (story, "disk", disk);
  assert_file (story, "request", "0");

  /* An agent that makes variables of them is told the same. */
  g_autofree char *told = kvol_pod_get_resource (pod, "main", "limits.ephemeral-storage", 0, story->root, NULL);

  assert_string_equal (told, disk);
  story_remove (story, pod);
  story_end (story);
}

#define TWO_VOLUMES                                                                                                    \
  "{'volumes': <["                                                                                                     \
  " {'name': <'info'>, 'downwardAPI': <{'items': <[" FIELD ("good", "metadata.name") "," FIELD (                       \
      "bad",                                                                                                           \
      "metadata.whoops") "," RESOURCE ("worse",                                                                        \
                                       "limits.cpu") "]>}>},"                                                          \
                                                     " {'name': <'other'>, 'downwardAPI': <{'items': <[" FIELD (       \
                                                         "name", "metadata.name") "]>}>}]>}"

static void
all_that_is_wrong_is_told_and_nothing_of_the_volume_is_made (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = labelled_pod ("@a{sv} {}", TWO_VOLUMES);
  g_autofree char *volume = story_path (story, "web", DOWNWARD, "info", NULL);
  g_autofree char *other = story_path (story, "web", DOWNWARD, "other", "name");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_non_null (strstr (error->message, "[unsupported fieldPath: metadata.whoops, container main not found]"));
  assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
  assert_true (file_has (other, "web"));
  story_remove (story, pod);
  story_end (story);
}

static void
no_path_leads_out_of_the_volume (void **state)
{
  static const char *const paths[] = { "../x", "a/../../x", "/x", "..x", "..data/x" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      Story *story = story_begin ();
      g_autofree char *spec = g_strdup_printf (
          "{'volumes': <[{'name': <'info'>, 'downwardAPI': <{'items': <[{'path': <'%s'>, 'fieldRef': <{'fieldPath': "
          "<'metadata.name'>}>}]>}>}]>}",
          paths[i]);
      g_autoptr (KvolPod) pod = labelled_pod ("@a{sv} {}", spec);
      g_autofree char *volume = story_path (story, "web", DOWNWARD, "info", NULL);
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
      assert_non_null (strstr (error->message, "invalid path: "));
      assert_false (g_file_test (volume, G_FILE_TEST_EXISTS));
      story_remove (story, pod);
      story_end (story);
    }
}

static void
a_removal_after_a_restart_needs_no_object (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = labelled_pod ("@a{sv} {}", SPEC (FIELD ("name", "metadata.name")));

  story_sync (story, pod);
  story_restart (story);
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_pod_tells_its_containers_about_itself),
    cmocka_unit_test (labels_that_change_are_seen_after_a_sync_and_nothing_else_is_written),
    cmocka_unit_test (a_changed_label_is_seen_after_a_restart),
    cmocka_unit_test (a_container_without_limits_is_told_what_the_node_has),
    cmocka_unit_test (all_that_is_wrong_is_told_and_nothing_of_the_volume_is_made),
    cmocka_unit_test (no_path_leads_out_of_the_volume),
    cmocka_unit_test (a_removal_after_a_restart_needs_no_object),
  };

  if (!scratch_enter (&reason))
    {
      g_print ("ok - downwardAPI volumes # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}

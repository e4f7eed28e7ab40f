/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* configMap and secret: what is asked of the host from the first set-up to the last teardown, and in which order. The
 * names above some tests are upstream's (pkg/volume/configmap, pkg/volume/secret, test/e2e/common/storage). */
#include "projection-case.h"

#include <fcntl.h>
#include <string.h>

static void
add_obj (ScriptedHost *host, const ProjectionCase *kind, const char *version, const char *content)
{
  scripted_host_add_object (host, kind->object, "ns", "obj", version, "foo", content, NULL);
}

/* The calls that @format, with the kind's object for each %s, stands for. */
#define assert_calls_of(host, kind, format)                                                                            \
  do                                                                                                                   \
    {                                                                                                                  \
      g_auto (GStrv) parts_ = g_strsplit (format, "%s", -1);                                                           \
      g_autofree char *expected_ = g_strjoinv ((kind)->object, parts_);                                                \
      assert_calls (host, expected_);                                                                                  \
    }                                                                                                                  \
  while (0)

/* TestPlugin */
static void
the_object_is_asked_for_before_anything_is_made (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "");
  volume.pod.fs_group = 1001;
  add_obj (host, kind, "1", "old");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_int_equal (volume.made.kind, kind->in_memory ? KVOL_MADE_TREE : KVOL_MADE_FILLED);
  if (kind->in_memory)
    {
      assert_calls_of (host, kind,
                       "get_object %s ns/obj\ncreate_fs tmpfs tmpfs nr_inodes=1025,noswap?\npublish_files group 1001");
      assert_true (volume.made.fd >= 0);
      assert_int_equal (host->published_fd, volume.made.fd);
    }
  else
    {
      assert_calls_of (host, kind, "get_object %s ns/obj\npublish_files group 1001");
      assert_int_equal (volume.made.fd, -1);
      assert_int_equal (host->published_fd, dir_fd);
    }
  assert_int_equal (volume.made.next_refresh_usec, 0);
}

/* TestPluginReboot */
static void
a_second_setup_writes_again (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "");
  add_obj (host, kind, "1", "old");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  kvol_clear_fd (&volume.made.fd);
  g_clear_pointer (&host->files, g_variant_unref);
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_non_null (host->files);
}

/* TestPluginOptional */
static void
an_absent_optional_object_is_an_empty_volume (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "'optional': <true>");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_non_null (host->files);
  assert_int_equal (g_variant_n_children (host->files), 0);
}

/* TestPluginKeysOptional, TestPluginOptionalKeys */
static void
of_four_optional_keys_three_are_there (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj",
                          "'optional': <true>, 'items': <[{'key': <'data-1'>, 'path': <'data-1'>},"
                          "{'key': <'data-2'>, 'path': <'data-2'>}, {'key': <'data-3'>, 'path': <'data-3'>},"
                          "{'key': <'missing'>, 'path': <'missing'>}]>");
  scripted_host_add_object (host, kind->object, "ns", "obj", "1", "data-1", "1", "data-2", "2", "data-3", "3", NULL);
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));

  g_autofree char *files = projection_case_dup_files (host);

  assert_string_equal (files, "data-1 0644 -1 1\ndata-2 0644 -1 2\ndata-3 0644 -1 3\n");
}

/* "Should fail non-optional pod creation due to configMap object does not exist" */
static void
an_absent_object_is_the_hosts_error_and_nothing_is_made (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  g_autofree char *message = g_strconcat (kind->object, " ns/obj is not there", NULL);

  projection_case_volume (kind, &volume, "obj", "'optional': <false>");
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_ABSENT, message);
  assert_calls_of (host, kind, "get_object %s ns/obj");
}

static void
optional_forgives_absence_alone (void **state)
{
  const ProjectionCase *kind = *state;
  const int codes[] = { KVOL_ERROR_FORBIDDEN, KVOL_ERROR_TRANSIENT, KVOL_ERROR_FINAL };

  for (size_t i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (ScriptedHost) host = projection_case_host (kind);
      g_auto (ScriptedVolume) volume;
      g_autoptr (GError) error = NULL;

      projection_case_volume (kind, &volume, "obj", "'optional': <true>");
      scripted_host_fail (host, "get_object", codes[i], "no answer");
      assert_false (scripted_setup (host, &volume, -1, &error));
      assert_refused (error, codes[i], "no answer");
      assert_calls_of (host, kind, "get_object %s ns/obj");
    }
}

static void
a_volume_without_a_name_asks_for_nothing (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) empty;
  g_auto (ScriptedVolume) lost;
  g_autoptr (GError) empty_error = NULL;
  g_autoptr (GError) lost_error = NULL;
  g_autofree char *message = g_strconcat (kind->name_option, ": Required value", NULL);

  projection_case_volume (kind, &empty, "", "");
  scripted_volume_init (&lost, NULL);
  assert_false (scripted_setup (host, &empty, -1, &empty_error));
  assert_refused (empty_error, KVOL_ERROR_INVALID_SPEC, message);
  assert_false (scripted_setup (host, &lost, -1, &lost_error));
  assert_refused (lost_error, KVOL_ERROR_INVALID_SPEC, message);
  assert_calls (host, "");
}

/* "should be able to mount in a volume regardless of a different secret existing with same name in different
 * namespace" */
static void
the_pods_own_namespace_is_used (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "");
  volume.pod.pod_namespace = "own";
  add_obj (host, kind, "1", "another's");
  scripted_host_add_object (host, kind->object, "own", "obj", "1", "foo", "own", NULL);
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));

  g_autofree char *files = projection_case_dup_files (host);

  assert_string_equal (files, "foo 0644 -1 own\n");
}

/* "updates should be reflected in volume", "optional updates should be reflected in volume" */
static void
a_refresh_follows_the_object_as_it_comes_changes_and_goes (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);
  static const struct
  {
    const char *version;
    const char *content;
    const char *files;
  } steps[] = {
    { "1", "created", "foo 0644 -1 created\n" },
    { "2", "changed", "foo 0644 -1 changed\n" },
    { NULL, NULL, "" },
    { "9", "again", "foo 0644 -1 again\n" },
  };

  projection_case_volume (kind, &volume, "obj", "'optional': <true>");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  g_free (scripted_host_take_calls (host));
  for (size_t i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (steps[i].version != NULL)
        add_obj (host, kind, steps[i].version, steps[i].content);
      else
        scripted_host_remove_object (host, kind->object, "ns", "obj");
      assert_true (scripted_refresh (host, &volume, dir_fd, NULL));

      g_autofree char *files = projection_case_dup_files (host);

      assert_string_equal (files, steps[i].files);
      assert_calls_of (host, kind, "get_object %s ns/obj\nis_published\npublish_files group -1");
      assert_int_equal (host->published_fd, dir_fd);

      /* test_write_twice_no_update */
      assert_true (scripted_refresh (host, &volume, dir_fd, NULL));
      assert_calls_of (host, kind, "get_object %s ns/obj\nis_published");
    }
}

static void
changed_options_are_a_change (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  g_auto (ScriptedVolume) changed;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "'defaultMode': <int64 0644>");
  projection_case_volume (kind, &changed, "obj", "'defaultMode': <int64 0600>");
  add_obj (host, kind, "1", "same");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_true (scripted_refresh (host, &changed, dir_fd, NULL));

  g_autofree char *files = projection_case_dup_files (host);

  assert_string_equal (files, "foo 0600 -1 same\n");
}

/* What was published is known again after a restart, when the options come from a record. */
static void
options_that_were_stored_and_loaded_are_no_change (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "'defaultMode': <int64 0600>, 'optional': <true>");
  add_obj (host, kind, "1", "same");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  g_free (scripted_host_take_calls (host));

  g_autoptr (GBytes) stored = g_variant_get_data_as_bytes (volume.node.options);
  g_autoptr (GBytes) loaded = g_bytes_new (g_bytes_get_data (stored, NULL), g_bytes_get_size (stored));

  g_variant_unref (volume.node.options);
  volume.node.options = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, loaded, FALSE));
  assert_true (scripted_refresh (host, &volume, dir_fd, NULL));
  assert_calls_of (host, kind, "get_object %s ns/obj\nis_published");
}

static void
an_object_without_a_version_is_compared_each_time (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "");
  add_obj (host, kind, NULL, "same");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_null (host->stamp);
  g_free (scripted_host_take_calls (host));
  assert_true (scripted_refresh (host, &volume, dir_fd, NULL));
  assert_calls_of (host, kind, "get_object %s ns/obj\npublish_files group -1");
}

/* An optional object's absence and an object that calls its version so are not the same. */
static void
no_version_reads_as_absence (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "'optional': <true>");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  add_obj (host, kind, "absent", "there");
  assert_true (scripted_refresh (host, &volume, dir_fd, NULL));
  assert_int_equal (g_variant_n_children (host->files), 1);
}

static void
a_refresh_that_fails_leaves_the_files_alone (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) absent = NULL;
  g_autoptr (GError) incomplete = NULL;
  g_autofree char *missing = g_strconcat (kind->missing_key, ": foo", NULL);
  g_autofree char *gone = g_strconcat (kind->object, " ns/obj is not there", NULL);
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "'items': <[{'key': <'foo'>, 'path': <'x'>}]>");
  add_obj (host, kind, "1", "old");
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  g_free (scripted_host_take_calls (host));

  scripted_host_add_object (host, kind->object, "ns", "obj", "2", "bar", "no foo any more", NULL);
  assert_false (scripted_refresh (host, &volume, dir_fd, &incomplete));
  assert_refused (incomplete, KVOL_ERROR_ABSENT, missing);
  assert_calls_of (host, kind, "get_object %s ns/obj\nis_published");

  scripted_host_remove_object (host, kind->object, "ns", "obj");
  assert_false (scripted_refresh (host, &volume, dir_fd, &absent));
  assert_refused (absent, KVOL_ERROR_ABSENT, gone);
  assert_calls_of (host, kind, "get_object %s ns/obj");
}

static void
teardown_removes_what_is_in_the_directory_if_there_is_one (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  /* Neither the object nor the options are there any more. */
  scripted_volume_init (&volume, NULL);
  assert_true (scripted_teardown (host, &volume, dir_fd, NULL));
  assert_true (scripted_teardown (host, &volume, dir_fd, NULL));
  assert_calls (host, "remove_contents\nremove_contents");
  assert_true (scripted_teardown (host, &volume, -1, NULL));
  assert_calls (host, "");

  scripted_host_fail (host, "remove_contents", KVOL_ERROR_BUSY, "a mount is on it");
  assert_false (scripted_teardown (host, &volume, dir_fd, &error));
  assert_refused (error, KVOL_ERROR_BUSY, "a mount is on it");
}

static void
usage_is_counted_by_the_host (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  KvolUsageInfo usage = { .size = sizeof usage };
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD dir_fd = open ("/tmp", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "");
  assert_true (host->desc->get_usage (host->self, &volume.pod, dir_fd, &usage, NULL, NULL));
  assert_calls (host, "measure_contents");
  assert_int_equal (usage.used_bytes, 4096);
  assert_true (usage.capacity_bytes > 0 && usage.available_bytes > 0);

  assert_false (host->desc->get_usage (host->self, &volume.pod, -1, &usage, NULL, &error));
  assert_refused (error, KVOL_ERROR_FINAL, "failed to get FsInfo due to error Bad file descriptor");
  assert_calls (host, "");
}

/* TestPlugin: GetVolumeName */
static void
the_volume_is_identified_as_upstream_does (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;

  projection_case_volume (kind, &volume, "test_name", "");
  volume.node.spec_name = "test_volume_name";

  g_autofree char *id = host->desc->identify (host->self, &volume.node, NULL);
  g_autoptr (GVariant) options = host->desc->reconstruct (host->self, &volume.pod, -1, NULL, NULL);
  g_autofree char *text = g_variant_print (options, FALSE);

  assert_string_equal (id, kind->in_memory ? "test_name" : "test_volume_name/test_name");
  assert_string_equal (text, kind->in_memory ? "{'secretName': <'test_volume_name'>}" : "{}");
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (the_object_is_asked_for_before_anything_is_made),
    cmocka_unit_test (a_second_setup_writes_again),
    cmocka_unit_test (an_absent_optional_object_is_an_empty_volume),
    cmocka_unit_test (of_four_optional_keys_three_are_there),
    cmocka_unit_test (an_absent_object_is_the_hosts_error_and_nothing_is_made),
    cmocka_unit_test (optional_forgives_absence_alone),
    cmocka_unit_test (a_volume_without_a_name_asks_for_nothing),
    cmocka_unit_test (the_pods_own_namespace_is_used),
    cmocka_unit_test (a_refresh_follows_the_object_as_it_comes_changes_and_goes),
    cmocka_unit_test (changed_options_are_a_change),
    cmocka_unit_test (options_that_were_stored_and_loaded_are_no_change),
    cmocka_unit_test (an_object_without_a_version_is_compared_each_time),
    cmocka_unit_test (no_version_reads_as_absence),
    cmocka_unit_test (a_refresh_that_fails_leaves_the_files_alone),
    cmocka_unit_test (teardown_removes_what_is_in_the_directory_if_there_is_one),
    cmocka_unit_test (usage_is_counted_by_the_host),
    cmocka_unit_test (the_volume_is_identified_as_upstream_does),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = projection_cases_add (tests, stories, G_N_ELEMENTS (stories));

  return _cmocka_run_group_tests ("configMap and secret: life", (void *) tests->data, tests->len, NULL, NULL);
}

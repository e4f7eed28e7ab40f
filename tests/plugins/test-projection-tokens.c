/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* downwardAPI and projected: what is asked of the host, when it is asked again, and what becomes of a token. */
#include "projection-case.h"

#include <fcntl.h>
#include <string.h>

#define TOKEN_VOLUME "{'sources': <[{'serviceAccountToken': <{'path': <'token'>, 'audience': <'vault'>}>}]>}"
#define TWO_TOKENS                                                                                                     \
  "{'sources': <[{'serviceAccountToken': <{'path': <'token'>, 'audience': <'vault'>}>},"                               \
  " {'configMap': <{'name': <'config'>}>}]>}"

static ScriptedHost *
make_host (const char *name)
{
  g_autofree char *plugin = g_strconcat ("kubernetes.io/", name, NULL);
  ScriptedHost *host = scripted_host_new ("projection", plugin);

  scripted_host_add_object (host, "ConfigMap", "ns", "config", "1", "size", "10", NULL);
  host->token = "t.o.k";
  host->token_expiry = 5000;
  host->token_refresh = 4000;
  return host;
}

static gint64
refresh_due (ScriptedHost *host, ScriptedVolume *volume)
{
  KvolMade made = { .size = sizeof made, .fd = -1 };
  g_autoptr (GError) error = NULL;

  if (!host->desc->refresh (host->self, &volume->pod, -1, &made, NULL, &error))
    fail_msg ("%s", error->message);
  return made.next_refresh_usec;
}

/* TestCollectDataWithServiceAccountToken/good service account defaults expiration */
static void
a_token_is_asked_for_with_its_audience_and_an_hour (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, TOKEN_VOLUME);
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_calls (host, "request_token \"vault\" 3600\ncreate_fs tmpfs tmpfs nr_inodes=1025,noswap?\n"
                      "publish_files group -1");
}

static void
the_volume_is_due_when_its_first_token_is (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, TWO_TOKENS);
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_int_equal (volume.made.next_refresh_usec, 4000);
  host->token_refresh = 9000;
  assert_int_equal (refresh_due (host, &volume), 9000);
  host->token_refresh = 0;
  assert_int_equal (refresh_due (host, &volume), 0);
}

static void
a_volume_without_a_token_is_never_due (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, "{'sources': <[{'configMap': <{'name': <'config'>}>}]>}");
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_int_equal (volume.made.next_refresh_usec, 0);
  assert_int_equal (refresh_due (host, &volume), 0);
}

static void
the_same_token_is_not_written_again (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, TWO_TOKENS);
  assert_true (scripted_setup (host, &volume, -1, NULL));
  g_free (scripted_host_take_calls (host));
  assert_true (scripted_refresh (host, &volume, -1, NULL));
  assert_calls (host, "request_token \"vault\" 3600\nget_object ConfigMap ns/config\nis_published");
}

static void
whatever_is_new_is_written (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, TWO_TOKENS);
  assert_true (scripted_setup (host, &volume, -1, NULL));
  for (guint i = 0; i < 3; i++)
    {
      /* A new token, one that lasts longer, a changed object. */
      host->token = "new";
      if (i == 1)
        host->token_expiry++;
      if (i == 2)
        scripted_host_add_object (host, "ConfigMap", "ns", "config", "2", "size", "11", NULL);
      g_free (scripted_host_take_calls (host));
      assert_true (scripted_refresh (host, &volume, -1, NULL));

      g_autofree char *calls = scripted_host_take_calls (host);

      assert_true (g_str_has_suffix (calls, "is_published\npublish_files group -1"));
    }

  g_autofree char *files = projection_case_dup_files (host);

  assert_string_equal (files, "size 0644 -1 11\ntoken 0644 -1 new\n");
}

/* No version of one source runs into the next one's. */
static void
versions_that_move_over_are_a_change (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;
  static const char *const versions[][2] = { { "1 2", "3" }, { "1", "2 3" } };

  scripted_volume_init (&volume, "{'sources': <[{'configMap': <{'name': <'a'>}>}, {'configMap': <{'name': <'b'>}>}]>}");
  for (guint i = 0; i < 2; i++)
    {
      scripted_host_add_object (host, "ConfigMap", "ns", "a", versions[i][0], "k", i == 0 ? "old" : "new", NULL);
      scripted_host_add_object (host, "ConfigMap", "ns", "b", versions[i][1], "l", "", NULL);
      assert_true (i == 0 ? scripted_setup (host, &volume, -1, NULL) : scripted_refresh (host, &volume, -1, NULL));
    }

  g_autofree char *files = projection_case_dup_files (host);

  assert_string_equal (files, "k 0644 -1 new\nl 0644 -1 \n");
}

static void
an_object_without_a_version_makes_all_be_compared (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, TWO_TOKENS);
  scripted_host_add_object (host, "ConfigMap", "ns", "config", NULL, "size", "10", NULL);
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_null (host->stamp);
}

static void
a_refresh_that_fails_writes_nothing (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  scripted_volume_init (&volume, TWO_TOKENS);
  assert_true (scripted_setup (host, &volume, -1, NULL));
  g_free (scripted_host_take_calls (host));
  scripted_host_fail (host, "request_token", KVOL_ERROR_TRANSIENT, "failed to fetch token: no answer");
  scripted_host_remove_object (host, "ConfigMap", "ns", "config");
  assert_false (scripted_refresh (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_TRANSIENT, "[failed to fetch token: no answer, ConfigMap ns/config is not there]");
  assert_calls (host, "request_token \"vault\" 3600\nget_object ConfigMap ns/config");
}

static void
a_host_without_tokens_is_told_of (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("projected");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  host->base.request_token = NULL;
  scripted_volume_init (&volume, TOKEN_VOLUME);
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_NOT_SUPPORTED, "the host has no service account tokens");
}

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append (data, fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
a_token_is_in_no_error_event_log_or_stamp (void **state)
{
  static const char *const failing[] = { NULL, "create_fs", "publish_files", "get_object" };
  g_autofree char *canary = g_uuid_string_random ();
  /* A log writer is set once in a process, and outlives the test. */
  GString *heard = g_string_new ("");

  g_log_set_writer_func (keep_log, heard, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (failing); i++)
    {
      g_autoptr (ScriptedHost) host = make_host ("projected");
      g_auto (ScriptedVolume) volume;
      g_autoptr (GError) error = NULL;

      host->token = canary;
      scripted_host_fail (host, failing[i], KVOL_ERROR_FINAL, "failed");
      scripted_volume_init (&volume, TWO_TOKENS);
      assert_int_equal (scripted_setup (host, &volume, -1, &error), failing[i] == NULL);

      g_autofree char *calls = scripted_host_take_calls (host);

      g_string_append_printf (heard, "%s\n%s\n%s\n", error ? error->message : "", calls,
                              host->stamp ? host->stamp : "");
      assert_int_equal (host->events->len, 0);
    }
  assert_null (strstr (heard->str, canary));
}

/* TestDownwardAPI/test_write_twice_no_update, test_write_twice_with_update */
static void
a_pod_that_changes_is_written_again_and_asks_for_nothing (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("downward-api");
  static const char *const contents[] = { "a", "a", "b", "", "a" };

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_auto (ScriptedVolume) volume;
      g_autofree char *options = g_strdup_printf ("{'items': <[{'path': <'label'>, 'content': <'%s'>}]>}", contents[i]);
      g_autofree char *expected = g_strdup_printf ("label 0644 -1 %s\n", contents[i]);

      scripted_volume_init (&volume, options);
      if (i == 0)
        assert_true (scripted_setup (host, &volume, -1, NULL));
      else
        assert_true (scripted_refresh (host, &volume, -1, NULL));
      if (i == 0)
        assert_calls (host, "create_fs tmpfs tmpfs nr_inodes=1025,noswap?\npublish_files group -1");
      else
        assert_calls (host, g_str_equal (contents[i], contents[i - 1]) ? "is_published"
                                                                       : "is_published\npublish_files group -1");

      g_autofree char *files = projection_case_dup_files (host);

      assert_string_equal (files, expected);
    }
}

/* A change anywhere in a long annotation is a change. */
static void
no_byte_of_the_content_is_overlooked (void **state)
{
  g_autoptr (ScriptedHost) host = make_host ("downward-api");
  char content[101] = "";
  g_autoptr (GHashTable) stamps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize at = 0; at < sizeof content - 1; at++)
    {
      g_auto (ScriptedVolume) volume;
      g_autofree char *options = NULL;

      memset (content, 'x', sizeof content - 1);
      content[at] = 'y';
      options = g_strdup_printf ("{'items': <[{'path': <'label'>, 'content': <'%s'>}]>}", content);
      scripted_volume_init (&volume, options);
      assert_true (scripted_setup (host, &volume, -1, NULL));
      assert_true (g_hash_table_add (stamps, g_strdup (host->stamp)));
      kvol_clear_fd (&volume.made.fd);
    }
}

static void
a_volume_is_known_by_its_name (void **state)
{
  static const char *const plugins[] = { "downward-api", "projected" };

  for (gsize i = 0; i < G_N_ELEMENTS (plugins); i++)
    {
      g_autoptr (ScriptedHost) host = make_host (plugins[i]);
      g_auto (ScriptedVolume) volume;
      g_autofree char *id = NULL;
      g_autoptr (GVariant) options = NULL;

      scripted_volume_init (&volume, NULL);
      id = host->desc->identify (host->self, &volume.node, NULL);
      assert_string_equal (id, "vol");
      options = host->desc->reconstruct (host->self, &volume.pod, -1, NULL, NULL);
      assert_int_equal (g_variant_n_children (options), 0);
      /* Enough to take it down. */
      assert_true (scripted_teardown (host, &volume, -1, NULL));
      assert_calls (host, "");
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_token_is_asked_for_with_its_audience_and_an_hour),
    cmocka_unit_test (the_volume_is_due_when_its_first_token_is),
    cmocka_unit_test (a_volume_without_a_token_is_never_due),
    cmocka_unit_test (the_same_token_is_not_written_again),
    cmocka_unit_test (whatever_is_new_is_written),
    cmocka_unit_test (versions_that_move_over_are_a_change),
    cmocka_unit_test (an_object_without_a_version_makes_all_be_compared),
    cmocka_unit_test (a_refresh_that_fails_writes_nothing),
    cmocka_unit_test (a_host_without_tokens_is_told_of),
    cmocka_unit_test (a_pod_that_changes_is_written_again_and_asks_for_nothing),
    cmocka_unit_test (no_byte_of_the_content_is_overlooked),
    cmocka_unit_test (a_volume_is_known_by_its_name),
    cmocka_unit_test (a_token_is_in_no_error_event_log_or_stamp),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

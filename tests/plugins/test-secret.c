/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only a secret has: memory of its own, and a content that nobody may read anywhere else. */
#include "projection-case.h"

#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#include "support/scratch.h"

#define SECRET (&projection_cases[1])

typedef struct
{
  const char *name;
  guint64 memory_limit;
  guint n_keys;
  const char *items;
  const char *asked;
} MemoryRow;

static const MemoryRow memory_rows[] = {
  { "without a limit there is no size", 0, 1, "", "create_fs tmpfs tmpfs nr_inodes=1025,noswap?" },
  { "the pod's memory is the size", 16777216, 1, "", "create_fs tmpfs tmpfs nr_inodes=1025,noswap?,size=16777216" },
  { "an empty secret has room to grow", 0, 0, "", "create_fs tmpfs tmpfs nr_inodes=1024,noswap?" },
  { "each file and directory is counted", 0, 2,
    "'items': <[{'key': <'key-0'>, 'path': <'a/b/c'>}, {'key': <'key-1'>, 'path': <'d'>}]>",
    "create_fs tmpfs tmpfs nr_inodes=1028,noswap?" },
  { "many keys get inodes for their links and for a second version", 0, 2000, "",
    "create_fs tmpfs tmpfs nr_inodes=10000,noswap?" },
};

static void
the_memory_is_cut_to_measure (void **state)
{
  const MemoryRow *row = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (SECRET);
  g_auto (ScriptedVolume) volume;
  g_auto (GVariantBuilder) data = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{say}"));
  g_autofree char *calls = g_strdup_printf ("get_object Secret ns/obj\n%s\npublish_files group -1", row->asked);

  for (guint i = 0; i < row->n_keys; i++)
    {
      g_autofree char *key = g_strdup_printf ("key-%u", i);

      g_variant_builder_add (&data, "{say}", key, NULL);
    }
  g_hash_table_insert (
      host->objects, g_strdup ("Secret ns/obj"),
      g_variant_ref_sink (g_variant_new_parsed ("{'version': <'1'>, 'data': <%*>}", g_variant_builder_end (&data))));
  projection_case_volume (SECRET, &volume, "obj", row->items);
  volume.pod.memory_limit = row->memory_limit;
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_calls (host, calls);
}

static void
the_kernel_takes_the_memory_as_it_is_asked_for (void **state)
{
  if (*state != NULL)
    skip_because ((const char *) *state);

  g_autoptr (ScriptedHost) host = projection_case_host (SECRET);
  g_auto (ScriptedVolume) volume;
  struct statfs fs;

  host->asks_kernel = TRUE;
  projection_case_volume (SECRET, &volume, "obj", "");
  scripted_host_add_object (host, "Secret", "ns", "obj", "1", "foo", "foo", NULL);
  volume.pod.memory_limit = 1048576;
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_int_equal (fstatfs (volume.made.fd, &fs), 0);
  assert_int_equal (fs.f_blocks * fs.f_bsize, 1048576);
  assert_int_equal (fs.f_files, 1025);
}

static void
what_was_half_made_is_closed (void **state)
{
  static const char *const failing[] = { "create_fs", "publish_files" };

  for (size_t i = 0; i < G_N_ELEMENTS (failing); i++)
    {
      g_autoptr (ScriptedHost) host = projection_case_host (SECRET);
      g_auto (ScriptedVolume) volume;
      g_autoptr (GError) error = NULL;
      unsigned before = scratch_count_names ("/proc/self/fd");

      projection_case_volume (SECRET, &volume, "obj", "");
      scripted_host_add_object (host, "Secret", "ns", "obj", "1", "foo", "foo", NULL);
      scripted_host_fail (host, failing[i], KVOL_ERROR_FINAL, "no room");
      assert_false (scripted_setup (host, &volume, -1, &error));
      assert_refused (error, KVOL_ERROR_FINAL, "no room");
      assert_int_equal (volume.made.fd, -1);
      assert_int_equal (volume.made.kind, KVOL_MADE_FILLED);
      assert_int_equal (scratch_count_names ("/proc/self/fd"), before);
    }
}

/* ---- the content is nobody's business ---- */

static void
keep_message (const char *domain, GLogLevelFlags level, const char *message, gpointer kept)
{
  g_string_append (kept, message);
}

/* Adds what setting @options up with @object says, wherever it says it. */
static void
listen (GString *heard, GVariant *object, const char *options, const char *failing)
{
  g_autoptr (ScriptedHost) host = projection_case_host (SECRET);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  g_hash_table_insert (host->objects, g_strdup ("Secret ns/obj"), g_variant_ref_sink (object));
  projection_case_volume (SECRET, &volume, "obj", options);
  if (failing != NULL)
    scripted_host_fail (host, failing, KVOL_ERROR_FINAL, "failed");
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *calls = NULL;

      if (i == 0)
        scripted_setup (host, &volume, -1, &error);
      else
        scripted_refresh (host, &volume, -1, &error);
      calls = scripted_host_take_calls (host);
      g_string_append_printf (heard, "%s\n%s\n", error ? error->message : "", calls);
      g_string_append (heard, host->stamp ? host->stamp : "");
      g_clear_error (&error);
      kvol_clear_fd (&volume.made.fd);
    }
  for (guint i = 0; i < host->events->len; i++)
    g_string_append (heard, host->events->pdata[i]);
}

static void
assert_unheard (GString *heard, const char *canary)
{
  g_autofree char *base64 = g_base64_encode ((const guchar *) canary, strlen (canary));
  g_autoptr (GString) hex = g_string_new (NULL);

  for (const char *c = canary; *c != '\0'; c++)
    g_string_append_printf (hex, "%02x", *c);
  assert_true (heard->len > 0);
  assert_null (strstr (heard->str, canary));
  assert_null (strstr (heard->str, base64));
  assert_null (strcasestr (heard->str, hex->str));
}

static GVariant *
object_of (const char *canary)
{
  GVariant *content = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, canary, strlen (canary), 1);

  return g_variant_new_parsed ("{'version': <'7'>, 'data': <{'password': %@ay}>}", content);
}

static void
the_content_is_in_no_error_event_log_or_option (void **state)
{
  g_autofree char *canary = g_uuid_string_random ();
  g_autofree char *too_long = g_strnfill (1048577, 'x');
  g_autoptr (GString) heard = g_string_new (NULL);
  static const char *const options[] = {
    "",
    "'items': <[{'key': <'missing'>, 'path': <'x'>}]>",
    "'items': <[{'key': <'password'>, 'path': <'x'>, 'mode': <int64 01000>}]>",
    "'items': <[{'key': <'password'>, 'path': <1>}]>",
    "'items': <'password'>",
    "'defaultMode': <int64 -1>",
    "'optional': <'password'>",
  };
  static const char *const failing[] = { NULL, "create_fs", "publish_files", "get_object" };

  g_log_set_default_handler (keep_message, heard);
  for (size_t i = 0; i < G_N_ELEMENTS (options); i++)
    for (size_t j = 0; j < G_N_ELEMENTS (failing); j++)
      listen (heard, object_of (canary), options[i], failing[j]);

  memcpy (too_long, canary, strlen (canary));
  listen (heard, object_of (too_long), "", NULL);
  listen (heard, g_variant_new_parsed ("{'version': <'7'>, 'data': <{'password': %s}>}", canary), "", NULL);
  listen (heard, g_variant_new_parsed ("{'version': <'7'>, 'data': <%s>}", canary), "", NULL);
  listen (heard, g_variant_new_parsed ("{'version': <7>, 'data': <{'password': <%s>}>}", canary), "", NULL);
  g_log_set_default_handler (g_log_default_handler, NULL);
  assert_unheard (heard, canary);
}

static void
a_truncated_object_tells_nothing (void **state)
{
  g_autofree char *canary = g_uuid_string_random ();
  g_autoptr (GVariant) whole = g_variant_ref_sink (object_of (canary));
  g_autoptr (GString) heard = g_string_new (NULL);

  g_log_set_default_handler (keep_message, heard);
  for (gsize n = 0; n < g_variant_get_size (whole); n++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (g_variant_get_data (whole), n);

      listen (heard, g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE), "", "publish_files");
    }
  g_log_set_default_handler (g_log_default_handler, NULL);
  assert_unheard (heard, canary);
}

int
main (void)
{
  const char *reason = NULL;

  scratch_enter (&reason);

  const struct CMUnitTest stories[] = {
    cmocka_unit_test_prestate (the_kernel_takes_the_memory_as_it_is_asked_for, (void *) reason),
    cmocka_unit_test (what_was_half_made_is_closed),
    cmocka_unit_test (the_content_is_in_no_error_event_log_or_option),
    cmocka_unit_test (a_truncated_object_tells_nothing),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  for (size_t i = 0; i < G_N_ELEMENTS (memory_rows); i++)
    {
      struct CMUnitTest test = { memory_rows[i].name, the_memory_is_cut_to_measure, NULL, NULL,
                                 (void *) &memory_rows[i] };

      g_array_append_val (tests, test);
    }
  g_array_append_vals (tests, stories, G_N_ELEMENTS (stories));
  return _cmocka_run_group_tests ("secret", (void *) tests->data, tests->len, NULL, NULL);
}

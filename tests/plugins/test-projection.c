/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* configMap and secret: which files come of which options. Each row is run for both. The names are those of upstream's
 * tests (pkg/volume/configmap, pkg/volume/secret), where there is one. */
#include "projection-case.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct
{
  const char *name;
  const char *options; /* after the object's name */
  const char *files;   /* "PATH MODE UID CONTENT" each, sorted; NULL: refused */
  int code;
  const char *refusal; /* %s: what the kind says of a key that is not there */
} PayloadRow;

/* The object is { foo: foo, bar: bar }. */
static const PayloadRow payload_rows[] = {
  { "TestMakePayload/no overrides", "", "bar 0644 -1 bar\nfoo 0644 -1 foo\n" },
  { "TestMakePayload/basic 1", "'items': <[{'key': <'foo'>, 'path': <'path/to/foo.txt'>}]>",
    "path/to/foo.txt 0644 -1 foo\n" },
  { "TestMakePayload/subdirs", "'items': <[{'key': <'foo'>, 'path': <'path/to/1/2/3/foo.txt'>}]>",
    "path/to/1/2/3/foo.txt 0644 -1 foo\n" },
  { "TestMakePayload/subdirs 3",
    "'items': <[{'key': <'foo'>, 'path': <'path/to/1/2/3/foo.txt'>}, {'key': <'bar'>, 'path': "
    "<'another/path/bar.bar'>}]>",
    "another/path/bar.bar 0644 -1 bar\npath/to/1/2/3/foo.txt 0644 -1 foo\n" },
  { "TestMakePayload/non existent key", "'items': <[{'key': <'zab'>, 'path': <'path/to/foo.txt'>}]>", NULL,
    KVOL_ERROR_ABSENT, "%s: zab" },
  { "TestMakePayload/optional non existent key",
    "'items': <[{'key': <'zab'>, 'path': <'path/to/foo.txt'>}]>, 'optional': <true>", "" },
  { "TestMakePayload/mapping with Mode",
    "'items': <[{'key': <'foo'>, 'path': <'foo.txt'>, 'mode': <int64 0400>},"
    " {'key': <'bar'>, 'path': <'bar.bin'>, 'mode': <int64 0600>}]>",
    "bar.bin 0600 -1 bar\nfoo.txt 0400 -1 foo\n" },
  { "TestMakePayload/mapping with defaultMode",
    "'items': <[{'key': <'foo'>, 'path': <'foo.txt'>}, {'key': <'bar'>, 'path': <'bar.bin'>}]>,"
    " 'defaultMode': <int64 0640>",
    "bar.bin 0640 -1 bar\nfoo.txt 0640 -1 foo\n" },
  { "an item's mode goes before defaultMode",
    "'items': <[{'key': <'foo'>, 'path': <'a'>, 'mode': <int64 0400>}, {'key': <'bar'>, 'path': <'b'>}]>,"
    " 'defaultMode': <int64 0600>",
    "a 0400 -1 foo\nb 0600 -1 bar\n" },
  { "defaultMode is every key's mode", "'defaultMode': <int64 0400>", "bar 0400 -1 bar\nfoo 0400 -1 foo\n" },
  { "a mode may be 0", "'defaultMode': <int64 0>", "bar 0000 -1 bar\nfoo 0000 -1 foo\n" },
  { "a mode may be 0777", "'defaultMode': <int64 0777>", "bar 0777 -1 bar\nfoo 0777 -1 foo\n" },
  { "one of two items missing, optional",
    "'items': <[{'key': <'foo'>, 'path': <'f'>}, {'key': <'zab'>, 'path': <'z'>}]>, 'optional': <true>",
    "f 0644 -1 foo\n" },
  { "of two items with one path the last one wins",
    "'items': <[{'key': <'foo'>, 'path': <'x'>, 'mode': <int64 0400>}, {'key': <'bar'>, 'path': <'x'>}]>",
    "x 0644 -1 bar\n" },
  { "one key may become two files", "'items': <[{'key': <'foo'>, 'path': <'1'>}, {'key': <'foo'>, 'path': <'2'>}]>",
    "1 0644 -1 foo\n2 0644 -1 foo\n" },
  { "no items are all keys", "'items': <@aa{sv} []>", "bar 0644 -1 bar\nfoo 0644 -1 foo\n" },
  { "keys are compared as they are", "'items': <[{'key': <'Foo'>, 'path': <'x'>}]>", NULL, KVOL_ERROR_ABSENT,
    "%s: Foo" },

  { "a mode below 0 is refused", "'defaultMode': <int64 -1>", NULL, KVOL_ERROR_INVALID_SPEC,
    "defaultMode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive" },
  { "a mode with setuid is refused", "'defaultMode': <int64 04755>", NULL, KVOL_ERROR_INVALID_SPEC,
    "defaultMode: Invalid value: 2541: must be a number between 0 and 0777 (octal), both inclusive" },
  { "a mode that would fit 32 bits again is refused", "'defaultMode': <int64 4294967716>", NULL,
    KVOL_ERROR_INVALID_SPEC,
    "defaultMode: Invalid value: 4294967716: must be a number between 0 and 0777 (octal), both inclusive" },
  { "an item's mode above 0777 is refused",
    "'items': <[{'key': <'foo'>, 'path': <'a'>}, {'key': <'bar'>, 'path': <'b'>, 'mode': <int64 01000>}]>", NULL,
    KVOL_ERROR_INVALID_SPEC,
    "items[1].mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive" },
  { "an item without a key is refused", "'items': <[{'path': <'a'>}]>", NULL, KVOL_ERROR_INVALID_SPEC,
    "items[0].key: Required value" },
  { "an item without a path is refused", "'items': <[{'key': <'foo'>, 'path': <''>}]>", NULL, KVOL_ERROR_INVALID_SPEC,
    "items[0].path: Required value" },
  { "a mode of another type is no default", "'defaultMode': <int32 0400>", NULL, KVOL_ERROR_INVALID_SPEC,
    "defaultMode: a value of type \"i\" is not understood" },
  { "items of another type are not all keys", "'items': <['foo']>", NULL, KVOL_ERROR_INVALID_SPEC,
    "items: a value of type \"as\" is not understood" },
  { "an item's path of another type is refused", "'items': <[{'key': <'foo'>, 'path': <1>}]>", NULL,
    KVOL_ERROR_INVALID_SPEC, "items[0].path: a value of type \"i\" is not understood" },
  { "optional of another type is refused", "'optional': <'true'>, 'items': <[{'key': <'zab'>, 'path': <'x'>}]>", NULL,
    KVOL_ERROR_INVALID_SPEC, "optional: a value of type \"s\" is not understood" },
};

/* A row for one of the kinds. */
typedef struct
{
  const PayloadRow *row;
  const ProjectionCase *kind;
  char *name;
} PayloadTest;

static void
the_options_choose_the_files (void **state)
{
  const PayloadTest *test = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (test->kind);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (test->kind, &volume, "obj", test->row->options);
  scripted_host_add_object (host, test->kind->object, "ns", "obj", "1", "foo", "foo", "bar", "bar", NULL);

  gboolean ok = scripted_setup (host, &volume, dir_fd, &error);

  assert_int_equal (ok, test->row->files != NULL);
  if (ok)
    {
      g_autofree char *files = projection_case_dup_files (host);

      assert_string_equal (files, test->row->files);
      return;
    }

  g_auto (GStrv) around = g_strsplit (test->row->refusal, "%s", 2);
  g_autofree char *refusal = g_strjoinv (test->kind->missing_key, around);

  assert_refused (error, test->row->code, refusal);
  /* TestInvalidConfigMapSetup, TestInvalidPathSecret: nothing was made. */
  assert_null (host->files);
  assert_int_equal (volume.made.fd, -1);
}

/* TestMakePayload/no overrides binary data */
static void
content_is_bytes (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  const guint8 bytes[] = { 0, 0xff, '\n', 0, 'x' };
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);
  gsize n = 0;

  projection_case_volume (kind, &volume, "obj", "");
  projection_case_add_bytes (host, kind, "blob", bytes, sizeof bytes);
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_int_equal (g_variant_n_children (host->files), 1);

  g_autoptr (GVariant) file = g_variant_get_child_value (host->files, 0);
  g_autoptr (GVariant) content = g_variant_get_child_value (file, 3);
  const guint8 *found = g_variant_get_fixed_array (content, &n, 1);

  assert_int_equal (n, sizeof bytes);
  assert_memory_equal (found, bytes, n);
}

/* "Total > 1048576: TooLong" */
static void
a_mebibyte_is_all_that_an_object_may_hold (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) all;
  g_auto (ScriptedVolume) one;
  g_autoptr (GError) all_error = NULL;
  g_autoptr (GError) one_error = NULL;
  g_autofree guint8 *bytes = g_malloc0 (1048577);
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &all, "obj", "");
  projection_case_volume (kind, &one, "obj", "'items': <[{'key': <'none'>, 'path': <'x'>}]>, 'optional': <true>");

  projection_case_add_bytes (host, kind, "blob", bytes, 1048576);
  assert_true (scripted_setup (host, &all, dir_fd, NULL));
  kvol_clear_fd (&all.made.fd);
  g_clear_pointer (&host->files, g_variant_unref);

  projection_case_add_bytes (host, kind, "blob", bytes, 1048577);
  assert_false (scripted_setup (host, &all, dir_fd, &all_error));
  assert_refused (all_error, KVOL_ERROR_INVALID_SPEC, "data: Too long: may not be more than 1048576 bytes");
  assert_false (scripted_setup (host, &one, dir_fd, &one_error));
  assert_refused (one_error, KVOL_ERROR_INVALID_SPEC, "data: Too long: may not be more than 1048576 bytes");
  assert_null (host->files);
}

/* "EmptyDir wrapper volumes should not conflict", "should be consumable in multiple volumes in the same pod" */
static void
volumes_of_one_object_do_not_know_each_other (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) one;
  g_auto (ScriptedVolume) other;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &one, "obj", "");
  projection_case_volume (kind, &other, "obj", "'items': <[{'key': <'foo'>, 'path': <'x'>}]>");
  scripted_host_add_object (host, kind->object, "ns", "obj", "1", "foo", "foo", NULL);
  assert_true (scripted_setup (host, &one, dir_fd, NULL));

  g_autofree char *first = projection_case_dup_files (host);

  assert_true (scripted_setup (host, &other, dir_fd, NULL));

  g_autofree char *second = projection_case_dup_files (host);

  assert_string_equal (first, "foo 0644 -1 foo\n");
  assert_string_equal (second, "x 0644 -1 foo\n");
}

static void
an_object_without_data_is_an_empty_volume (void **state)
{
  const ProjectionCase *kind = *state;
  g_autoptr (ScriptedHost) host = projection_case_host (kind);
  g_auto (ScriptedVolume) volume;
  g_autofree char *key = g_strconcat (kind->object, " ns/obj", NULL);
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  projection_case_volume (kind, &volume, "obj", "");
  g_hash_table_insert (host->objects, g_steal_pointer (&key),
                       g_variant_ref_sink (g_variant_new_parsed ("{'version': <'1'>}")));
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_int_equal (g_variant_n_children (host->files), 0);
}

static void
free_payload_test (gpointer data)
{
  PayloadTest *test = data;

  g_free (test->name);
  g_free (test);
}

int
main (void)
{
  const struct CMUnitTest stories[] = {
    cmocka_unit_test (content_is_bytes),
    cmocka_unit_test (a_mebibyte_is_all_that_an_object_may_hold),
    cmocka_unit_test (volumes_of_one_object_do_not_know_each_other),
    cmocka_unit_test (an_object_without_data_is_an_empty_volume),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (free_payload_test);

  for (size_t i = 0; i < projection_n_cases * G_N_ELEMENTS (payload_rows); i++)
    {
      PayloadTest *row = g_new0 (PayloadTest, 1);

      row->kind = &projection_cases[i % projection_n_cases];
      row->row = &payload_rows[i / projection_n_cases];
      row->name = g_strdup_printf ("%s: %s", row->kind->plugin, row->row->name);
      g_ptr_array_add (rows, row);

      struct CMUnitTest test = { row->name, the_options_choose_the_files, NULL, NULL, row };

      g_array_append_val (tests, test);
    }
  g_autoptr (GPtrArray) names = projection_cases_add (tests, stories, G_N_ELEMENTS (stories));

  return _cmocka_run_group_tests ("configMap and secret: files", (void *) tests->data, tests->len, NULL, NULL);
}

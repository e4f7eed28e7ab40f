/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of plugins, from a file of its own. */
#include <glib/gstdio.h>
#include <kvol-kube/kvol-kube.h>
#include <kvol/kvol-error.h>
#include <string.h>
#include <unistd.h>

#include "support/rows.h"

typedef struct
{
  const char *name;
  const char *text;
  const char *expected; /* as GVariant text; NULL: it is refused */
  const char *error;    /* FILE stands for the file */
} Row;

static const Row rows[] = {
  { "a configuration has the types of its text",
    "plugins:\n  kubernetes.io/nfs: {timeoutSeconds: 10, mountHelper: true, server: fs1, list: [a, b]}\n",
    "{'kubernetes.io/nfs': <{'timeoutSeconds': <int64 10>, 'mountHelper': <true>, 'server': <'fs1'>, 'list': <['a', "
    "'b']>}>}" },
  { "it may be JSON", "{\"plugins\": {\"a.test/b\": {\"x\": \"1\"}}}", "{'a.test/b': <{'x': <'1'>}>}" },
  { "an empty file configures nothing", "", "@a{sv} {}" },
  { "an empty list of plugins configures nothing", "plugins:\n", "@a{sv} {}" },
  { "a plugin without options has none to read", "plugins:\n  a.test/b:\n", "@a{sv} {}" },
  { "a list is refused", "- a\n", NULL, "FILE:1: must be a map, not a list" },
  { "what is no plugin's is refused", "plugins: {}\nplugin:\n  x: 1\n", NULL, "FILE:2: plugin: unknown field" },
  { "a plugin's options are a map", "plugins:\n  a.test/b: hunter2\n", NULL,
    "FILE:2: plugins[a.test/b]: must be a map, not a string" },
  { "all that is wrong is told", "plugins:\n  a: 1\n  b: 2\n", NULL,
    "FILE:2: plugins[a]: must be a map, not an integer; FILE:3: plugins[b]: must be a map, not an integer" },
  { "a key stands once", "plugins:\n  a.test/b:\n    x: 1\n    x: 2\n", NULL, "FILE:4: *" },
  { "a second document is refused", "plugins: {}\n---\nplugins: {}\n", NULL,
    "FILE:3: a second document: a configuration is one" },
  { "bad YAML is told with its line", "plugins: {\n  a: [\n", NULL, "FILE:*" },
  { "what is nested too deep is refused", "plugins: {a: {b: [[[[[[[[[1]]]]]]]]]}}\n", NULL,
    "FILE:1: plugins[a]: nested too deep" },
};

static void
config_row (void **state)
{
  const Row *row = *state;
  g_autofree char *file = g_strdup ("/tmp/kvol-config-XXXXXX");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) config = NULL;

  assert_true (close (g_mkstemp (file)) == 0);
  assert_true (g_file_set_contents (file, row->text, -1, NULL));
  config = kvol_kube_config_read (file, &error);
  assert_int_equal (g_unlink (file), 0);
  if (row->expected != NULL)
    {
      g_autofree char *got = config ? g_variant_print (config, TRUE) : g_strdup (error->message);

      assert_string_equal (got, row->expected);
      return;
    }
  assert_null (config);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));

  g_auto (GStrv) parts = g_strsplit (row->error, "FILE", -1);
  g_autofree char *pattern = g_strjoinv (file, parts);

  if (!g_pattern_match_simple (pattern, error->message))
    fail_msg ("\"%s\" is not like \"%s\"", error->message, pattern);
  assert_null (strstr (error->message, "hunter2"));
}

static void
what_cannot_be_read_is_told (void **state)
{
  static const char *const paths[] = { "/nonexistent/config.yaml", "/tmp" };
  static const char *const errors[] = { "/nonexistent/config.yaml: cannot be read: No such file or directory",
                                        "/tmp: is a directory" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_null (kvol_kube_config_read (paths[i], &error));
      assert_string_equal (error->message, errors[i]);
    }
}

int
main (void)
{
  const struct CMUnitTest plain[] = { cmocka_unit_test (what_cannot_be_read_is_told) };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, rows, config_row);
  rows_add_plain (tests, plain);
  return rows_run ("configuration of plugins", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a problem reads, whatever stands in the manifest: one line, in order, harmless on a terminal. */
#include "kube-rows.h"

#define NAMED(name) "apiVersion: v1\nkind: Pod\nmetadata: {" name "}\nspec: {containers: [{name: c, image: i}]}\n"
#define VOLUME                                                                                                         \
  "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: i}]\n"                       \
  "  volumes: [{name: v, "

#define SUBDOMAIN                                                                                                      \
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " \
  "end "                                                                                                               \
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is "                                  \
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

static const KubeRow neutral[] = {
  { "an escape sequence in a name", NAMED ("name: \"a\\e[31mb\""),
    "f:3: Pod/a\\x1b[31mb: metadata.name: Invalid value: \"a\\x1b[31mb\": " SUBDOMAIN },
  { "a newline in a name", NAMED ("name: \"a\\nb\""),
    "f:3: Pod/a\\x0ab: metadata.name: Invalid value: \"a\\x0ab\": " SUBDOMAIN },
  { "a carriage return and DEL in a kind", "apiVersion: v1\nkind: \"P\\rod\\x7f\"\n",
    "f:1: note: P\\x0dod\\x7f: skipped: this kind has nothing to do with volumes" },
  { "C1 in a kind", "apiVersion: v1\nkind: \"P\\x9b31m\"\n",
    "f:1: note: P\\u009b31m: skipped: this kind has nothing to do with volumes" },
  { "text that runs backwards", "apiVersion: v1\nkind: \"P\\u202etxt\\u2066\"\n",
    "f:1: note: P\\u202etxt\\u2066: skipped: this kind has nothing to do with volumes" },
  { "an invisible key", VOLUME "\"host\\u200bname\": a}]\n",
    "f:6: warning: Pod/p: spec.volumes[0].host\\u200bname: unknown field" },
  { "quotes and backslashes in a value", VOLUME "hostPath: {path: /a, type: \"a\\\"b\\\\c\"}}]\n",
    "f:6: Pod/p: spec.volumes[0].hostPath.type: Unsupported value: \"a\\\"b\\\\c\": supported values: \"\", "
    "\"BlockDevice\", \"CharDevice\", "
    "\"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"" },
  { "letters of other alphabets stay", "apiVersion: v1\nkind: \"Größe\"\n",
    "f:1: note: Größe: skipped: this kind has nothing to do with volumes" },
};

static void
a_long_value_is_cut (void **state)
{
  g_autofree char *name = g_strnfill (5000, 'A');
  g_autofree char *text = g_strconcat (VOLUME "hostPath: {type: ", name, ", path: /}}]\n", NULL);
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_non_null (strstr (problems, "AAA...\": supported values"));
  assert_true (strlen (problems) < 2000);
}

static void
a_file_name_is_neutralised (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a", 1);
  g_autofree char *problems = NULL;

  kvol_kube_manifest_add_bytes (manifest, "a\033[2J\xff.yaml", bytes);
  problems = kube_rows_dup_problems (manifest);
  assert_string_equal (problems, "a\\x1b[2J\\xff.yaml:1: not an object, but a string");
}

static void
problems_are_in_the_order_of_the_lines (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (
      "apiVersion: v1\nspec:\n  foo: 1\n  containers: []\n  bar: 2\nmetadata: {name: p}\nkind: Pod\nbaz: 3\n");
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, "f:3: warning: Pod/p: spec.foo: unknown field\n"
                                 "f:4: Pod/p: spec.containers: Required value\n"
                                 "f:5: warning: Pod/p: spec.bar: unknown field\n"
                                 "f:8: warning: Pod/p: baz: unknown field");
}

static void
files_stay_in_the_order_in_which_they_were_added (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (GBytes) later = g_bytes_new_static ("\n\na", 3);
  g_autoptr (GBytes) early = g_bytes_new_static ("a", 1);
  g_autofree char *problems = NULL;

  kvol_kube_manifest_add_bytes (manifest, "z", later);
  kvol_kube_manifest_add_bytes (manifest, "a", early);
  problems = kube_rows_dup_problems (manifest);
  assert_string_equal (problems, "z:3: not an object, but a string\na:1: not an object, but a string");
}

/* More notes than are shown must not hide an error. */
static void
many_notes_do_not_hide_an_error (void **state)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 2000; i++)
    g_string_append (text, "---\napiVersion: v1\nkind: Service\n");
  g_string_append (text, "---\na: b\n");

  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (text->str);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_true (kvol_kube_manifest_has (manifest, KVOL_KUBE_ERROR));
  assert_int_equal (kvol_kube_manifest_get_problems (manifest)->len, 1002);
  assert_true (g_str_has_suffix (problems, "\nf:6002: Object 'Kind' is missing"));
}

static void
a_problem_can_be_copied (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read ("a");
  g_autoptr (KvolKubeProblem) copy = kvol_kube_problem_copy (kvol_kube_manifest_get_problems (manifest)->pdata[0]);

  g_clear_object (&manifest);
  g_autofree char *line = kvol_kube_problem_to_string (copy);

  assert_string_equal (line, "f:1: not an object, but a string");
  assert_int_equal (kvol_kube_problem_get_severity (copy), KVOL_KUBE_ERROR);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  kube_rows_add_all (tests, neutral, kube_rows_expect_problems);
  kube_rows_add (tests, "a long value is cut", a_long_value_is_cut, NULL);
  kube_rows_add (tests, "a file name is neutralised", a_file_name_is_neutralised, NULL);
  kube_rows_add (tests, "problems are in the order of the lines", problems_are_in_the_order_of_the_lines, NULL);
  kube_rows_add (tests, "files stay in the order in which they were added",
                 files_stay_in_the_order_in_which_they_were_added, NULL);
  kube_rows_add (tests, "many notes do not hide an error", many_notes_do_not_hide_an_error, NULL);
  kube_rows_add (tests, "a problem can be copied", a_problem_can_be_copied, NULL);
  return kube_rows_run ("kube-problem", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Real manifests from outside the tree, in the directory $CORPUS: whatever was published and works is read without
 * an error. One file of the corpus is known to be broken, as published (a tab indents a line); it is found by what
 * is wrong with it, and it must be the only one. */
#include "kube-rows.h"

#include <stdlib.h>

#include "support/scratch.h"

static KvolKubeManifest *
read_corpus (void)
{
  const char *corpus = getenv ("CORPUS");
  KvolKubeManifest *manifest;

  if (corpus == NULL || *corpus == '\0')
    skip_because ("CORPUS is not set to a directory of manifests");
  manifest = kvol_kube_manifest_new ();
  kvol_kube_manifest_add_path (manifest, corpus);
  return manifest;
}

static void
only_the_broken_file_has_an_error (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = read_corpus ();
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);
  g_autoptr (GString) errors = g_string_new (NULL);
  guint n_errors = 0;

  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      if (kvol_kube_problem_get_severity (problems->pdata[i]) != KVOL_KUBE_ERROR)
        continue;
      g_string_append_printf (errors, "%s\n", line);
      n_errors++;
    }
  print_message ("# %s", errors->str);
  assert_int_equal (n_errors, 1);
  assert_non_null (strstr (errors->str, "a tab cannot indent"));
}

static void
no_field_of_the_corpus_is_unknown (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = read_corpus ();
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_null (strstr (problems, "unknown field"));
}

static void
the_corpus_has_pods_without_claims (void **state)
{
  g_autoptr (KvolKubeManifest) manifest = read_corpus ();
  g_autoptr (GPtrArray) pods = kvol_kube_manifest_dup_pods (manifest);

  assert_true (pods->len > 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (only_the_broken_file_has_an_error),
    cmocka_unit_test (no_field_of_the_corpus_is_unknown),
    cmocka_unit_test (the_corpus_has_pods_without_claims),
  };

  return cmocka_run_group_tests_name ("kube-corpus", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of manifests and what is said about them; each row is a test of its own. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <kvol-kube/kvol-kube.h>
#include <kvol/kvol-pod.h>

typedef struct {
  const char *name;     /* of the test */
  const char *text;     /* of the manifest, or what stands in it */
  const char *expected; /* the problems, one a line; "" is none */
} KubeRow;

/* All problems of one file called "f", a line each. */
static inline char *
kube_rows_dup_problems (KvolKubeManifest *manifest)
{
  GPtrArray *problems = kvol_kube_manifest_get_problems (manifest);
  GString *lines = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *line = kvol_kube_problem_to_string (problems->pdata[i]);

      g_string_append_printf (lines, "%s%s", i > 0 ? "\n" : "", line);
    }
  return g_string_free (lines, FALSE);
}

static inline KvolKubeManifest *
kube_rows_read_bytes (const char *text, gsize length)
{
  KvolKubeManifest *manifest = kvol_kube_manifest_new ();
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);

  kvol_kube_manifest_add_bytes (manifest, "f", bytes);
  return manifest;
}

static inline KvolKubeManifest *
kube_rows_read (const char *text)
{
  return kube_rows_read_bytes (text, strlen (text));
}

/* A test whose state is a row: the problems of the text are exactly those. */
static inline void
kube_rows_expect_problems (void **state)
{
  const KubeRow *row = *state;
  g_autoptr (KvolKubeManifest) manifest = kube_rows_read (row->text);
  g_autofree char *problems = kube_rows_dup_problems (manifest);

  assert_string_equal (problems, row->expected);
}

static inline void
kube_rows_add (GArray *tests, const char *name, CMUnitTestFunction function, const void *state)
{
  struct CMUnitTest test = { name, function, NULL, NULL, (void *) state };

  g_array_append_val (tests, test);
}

static inline int
kube_rows_run (const char *group, GArray *tests)
{
  return _cmocka_run_group_tests (group, (struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

/* Adds every row of a table. */
#define kube_rows_add_all(tests, rows, function) \
  for (size_t i_ = 0; i_ < G_N_ELEMENTS (rows); i_++) \
    kube_rows_add (tests, (rows)[i_].name, function, &(rows)[i_])

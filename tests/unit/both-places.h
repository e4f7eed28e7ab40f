/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A test body that is run twice: over a plugin in this process, and over the same plugin in a worker. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loader/registry.h"
#include "support/built.h"
#include "support/scratch.h"

typedef struct {
  const char        *name;
  CMUnitTestFunction function;
} Body;

#define BODY(function) { #function, function }

/* One body in one place; the initial state of the test. */
typedef struct {
  LoaderPlacement placement;
  const char     *no_mounts; /* why this machine cannot mount; NULL: it can */
} Row;

/* The plugins of a fixture, loaded where @row says. */
static inline LoaderRegistry *
load_fixture (const Row *row, const char *fixture, const LoaderHostOps *ops, gpointer data)
{
  g_autofree char *relative = g_strdup_printf ("fixtures/kvol-%s.so", fixture);
  g_autofree char *file = built_path (relative);
  g_autofree char *worker = built_path ("libexec/kvol-worker");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  LoaderRegistry *registry = loader_registry_new (ops, data, worker, row->placement);

  loader_registry_load_file (registry, file, NULL, problems);
  if (problems->len > 0)
    fail_msg ("%s", (char *) problems->pdata[0]);
  return registry;
}

/* A directory to work in: in the scratch file system, where there is one. */
static inline char *
make_dir (const Row *row)
{
  return row->no_mounts == NULL ? scratch_dir ("worker") : g_dir_make_tmp ("kvol-worker-XXXXXX", NULL);
}

/* A parsed GVariant, not floating. */
static inline GVariant *
parse (const char *text)
{
  return g_variant_ref_sink (g_variant_new_parsed (text));
}

/* For main(): runs all @bodies in both places. */
static inline int
run_in_both_places (const Body *bodies, gsize n_bodies, CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
  g_autofree struct CMUnitTest *tests = g_new0 (struct CMUnitTest, 2 * n_bodies);
  const char *no_mounts = NULL;
  Row rows[2];
  int failed;

  scratch_enter (&no_mounts);
  rows[0] = (Row){ LOADER_IN_WORKER_WHEN_ASKED, no_mounts };
  rows[1] = (Row){ LOADER_IN_WORKER_ALWAYS, no_mounts };
  for (gsize i = 0; i < 2 * n_bodies; i++)
    tests[i] = (struct CMUnitTest){
      .name = g_strdup_printf ("%s: %s", i < n_bodies ? "in process" : "in a worker", bodies[i % n_bodies].name),
      .test_func = bodies[i % n_bodies].function,
      .setup_func = set_up,
      .teardown_func = tear_down,
      .initial_state = &rows[i / n_bodies],
    };
  failed = _cmocka_run_group_tests ("both places", tests, 2 * n_bodies, NULL, NULL);
  for (gsize i = 0; i < 2 * n_bodies; i++)
    g_free ((char *) tests[i].name);
  return failed;
}

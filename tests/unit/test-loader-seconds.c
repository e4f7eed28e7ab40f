/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a plugin in a worker may take for a call, as its configuration says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loader/registry.h"
#include "support/built.h"
#include "support/rows.h"

typedef struct
{
  const char *name;
  const char *seconds;
  gboolean taken;
} Row;

/* The least and the most that there are do not come round to a time that is. */
static const Row rows[] = {
  { "the shortest", "int64 1", TRUE },
  { "the longest", "int64 3600", TRUE },
  { "none", "int64 0", FALSE },
  { "less than none", "int64 -1", FALSE },
  { "too long", "int64 3601", FALSE },
  { "the largest number", "int64 9223372036854775807", FALSE },
  { "the smallest number", "int64 -9223372036854775808", FALSE },
  { "text", "'10'", FALSE },
};

static void
the_time_is_taken_or_refused (void **state)
{
  static const LoaderHostOps ops = { 0 };
  const Row *row = *state;
  g_autofree char *worker = built_path ("libexec/kvol-worker");
  g_autofree char *file = built_path ("fixtures/kvol-doer.so");
  g_autofree char *text = g_strdup_printf ("{'example.test/far': <{'timeoutSeconds': <%s>}>}", row->seconds);
  g_autoptr (GVariant) config = g_variant_ref_sink (g_variant_new_parsed (text));
  g_autoptr (LoaderRegistry) registry = loader_registry_new (&ops, NULL, worker, LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  loader_registry_load_file (registry, file, config, problems);
  assert_int_equal (loader_registry_find (registry, "example.test/far") != NULL, row->taken);
  assert_int_equal (problems->len, row->taken ? 0 : 1);
  if (!row->taken && strstr (problems->pdata[0], "timeoutSeconds: must be a whole number from 1 to 3600") == NULL)
    fail_msg ("\"%s\"", (const char *) problems->pdata[0]);
}

int
main (void)
{
  GArray *tests = rows_new ();

  rows_add_all (tests, rows, the_time_is_taken_or_refused);
  return rows_run ("the time of a call", tests);
}

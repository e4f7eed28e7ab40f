/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Killed before each of its system calls: whoever comes next finds something that can be recovered, taken down and
 * set up again, and the data of a pod that is wanted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "sweep.h"

typedef struct
{
  const Subject *subject;
  World *world;
} Row;

static void
killed_before_every_call (void **state)
{
  const Row *row = *state;
  g_auto (Verdict) verdict = { 0 };
  SweepCount count = { 0 };

  verdict_init (&verdict);
  sweep_kills (row->subject, row->world, SWEEP_STRIDE, &count, &verdict);
  sweep_assert (row->subject, &count, &verdict);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (World) world = NULL;
  g_autofree Row *rows = g_new0 (Row, n_subjects);
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - a kill before any system call leaves what can be recovered # SKIP %s\n", reason);
      return 0;
    }
  world = world_new ();
  for (gsize i = 0; i < n_subjects; i++)
    {
      struct CMUnitTest test = { .test_func = killed_before_every_call, .initial_state = &rows[i] };

      rows[i] = (Row){ &subjects[i], world };
      test.name = g_strdup_printf ("%s: killed before any system call it can be recovered, taken down and set up again",
                                   subjects[i].name);
      g_ptr_array_add (names, (gpointer) test.name);
      g_array_append_val (tests, test);
    }
  return _cmocka_run_group_tests ("kills", (struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

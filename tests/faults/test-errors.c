/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each system call failing once, with every errno that fits: who says that it succeeded has, who says that it failed
 * leaves what can be recovered, and nobody loses data. */

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
every_call_failed_once (void **state)
{
  const Row *row = *state;
  g_auto (Verdict) verdict = { 0 };
  SweepCount count = { 0 };

  verdict_init (&verdict);
  sweep_errors (row->subject, row->world, SWEEP_STRIDE, &count, &verdict);
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
      g_print ("ok - a failure of any system call loses nothing # SKIP %s\n", reason);
      return 0;
    }
  world = world_new ();
  for (gsize i = 0; i < n_subjects; i++)
    {
      struct CMUnitTest test = { .test_func = every_call_failed_once, .initial_state = &rows[i] };

      rows[i] = (Row){ &subjects[i], world };
      test.name = g_strdup_printf ("%s: whichever system call fails, it says so or has succeeded, and loses nothing",
                                   subjects[i].name);
      g_ptr_array_add (names, (gpointer) test.name);
      g_array_append_val (tests, test);
    }
  return _cmocka_run_group_tests ("errors", (struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of tests: every row is a test of its own, with a name of its own. A row is any struct with a member "name";
 * it is the state of its test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

static inline GArray *
rows_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
}

static inline void
rows_add (GArray *tests, const char *name, CMUnitTestFunction function, const void *state)
{
  const struct CMUnitTest test = { name, function, NULL, NULL, (void *) state };

  g_array_append_val (tests, test);
}

/* Adds every row of the array @rows. */
#define rows_add_all(tests, rows, function) \
  for (size_t i_ = 0; i_ < G_N_ELEMENTS (rows); i_++) \
    rows_add (tests, (rows)[i_].name, function, &(rows)[i_])

/* Adds an array of tests that are no rows. */
#define rows_add_plain(tests, plain) g_array_append_vals (tests, plain, G_N_ELEMENTS (plain))

/* For main(); the macro of cmocka takes the size of an array, which this is not. */
static inline int
rows_run (const char *group, GArray *tests)
{
  return _cmocka_run_group_tests (group, (struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

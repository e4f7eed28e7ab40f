/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References to variables in text. Rows carry the upstream test's name where there is one
 * (third_party/forked/golang/expansion, TestMapping). */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <kvol/kvol-environment.h>
#include <kvol/kvol-error.h>
#include <string.h>

#include "model/expansion.h"
#include "support/rows.h"

static const char *const environment[] = { "VAR_A=A", "VAR_B=B", "VAR_C=C", "VAR_REF=$(VAR_A)", "VAR_EMPTY=", NULL };

typedef struct
{
  const char *name;
  const char *text;
  const char *expected; /* NULL: as it is */
} Row;

static const Row rows[] = {
  { "whole string", "$(VAR_A)", "A" },
  { "repeat", "$(VAR_A)-$(VAR_A)", "A-A" },
  { "beginning", "$(VAR_A)-1", "A-1" },
  { "middle", "___$(VAR_B)___", "___B___" },
  { "end", "___$(VAR_C)", "___C" },
  { "compound", "$(VAR_A)_$(VAR_B)_$(VAR_C)", "A_B_C" },
  { "escape & expand", "$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A" },
  { "compound escape", "$$(VAR_A)_$$(VAR_B)", "$(VAR_A)_$(VAR_B)" },
  { "mixed in escapes", "f000-$$VAR_A", "f000-$VAR_A" },
  { "backslash escape ignored", "foo\\$(VAR_C)bar", "foo\\Cbar" },
  { "backslash escape ignored, two of them", "foo\\\\$(VAR_C)bar", "foo\\\\Cbar" },
  { "lots of backslashes", "foo\\\\\\\\$(VAR_A)bar", "foo\\\\\\\\Abar" },
  { "nested var references", "$(VAR_A$(VAR_B))" },
  { "nested var references second type", "$(VAR_A$(VAR_B)" },
  { "value is a reference", "$(VAR_REF)", "$(VAR_A)" },
  { "value is a reference x 2", "%%$(VAR_REF)--$(VAR_REF)%%", "%%$(VAR_A)--$(VAR_A)%%" },
  { "empty var", "foo$(VAR_EMPTY)bar", "foobar" },
  { "unterminated expression", "foo$(VAR_Awhoops!" },
  { "expression without operator", "f00__(VAR_A)__" },
  { "shell special vars pass through", "$?_boo_$!" },
  { "bare operators are ignored", "$VAR_A" },
  { "undefined vars are passed through", "$(VAR_DNE)" },
  { "multiple (even) operators, var undefined", "$$$$$$(BIG_MONEY)", "$$$(BIG_MONEY)" },
  { "multiple (even) operators, var defined", "$$$$$$(VAR_A)", "$$$(VAR_A)" },
  { "multiple (odd) operators, var undefined", "$$$$$$$(GOOD_ODDS)", "$$$$(GOOD_ODDS)" },
  { "multiple (odd) operators, var defined", "$$$$$$$(VAR_A)", "$$$A" },
  { "missing open expression", "$VAR_A)" },
  { "shell syntax ignored", "${VAR_A}" },
  { "trailing incomplete expression not consumed", "$(VAR_B)_______$(A", "B_______$(A" },
  { "trailing incomplete expression, no content, is not consumed", "$(VAR_C)_______$(", "C_______$(" },
  { "operator at end of input string is preserved", "$(VAR_A)foobarzab$", "Afoobarzab$" },
  { "shell escaped incomplete expr", "foo-\\$(VAR_A" },
  { "lots of $( in middle", "--$($($($($--" },
  { "lots of $( in beginning", "$($($($($--foo$(" },
  { "lots of $( at end", "foo0--$($($($(" },
  { "escaped operators in variable names are not escaped", "$(foo$$var)" },
  { "newline not expanded", "\n" },
  { "escapes after what never closes count", "$(VAR_A$$", "$(VAR_A$" },
  { "a reference to nothing stays", "$()" },
  { "the beginning of a variable with its sign is no name", "$(VAR_REF=$)" },
  { "nothing is nothing", "" },
  { "bytes beyond ASCII stay", "$\303\251$(VAR_A)", "$\303\251A" },
};

static void
text_row (void **state)
{
  const Row *row = *state;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = kvol_environment_expand (environment, row->text, &error);

  assert_null (error);
  assert_string_equal (text, row->expected ? row->expected : row->text);
}

static void
text_that_grows_beyond_what_a_program_can_be_given_is_refused (void **state)
{
  g_autofree char *long_value = g_strnfill (65536, 'x');
  g_autofree char *variable = g_strconcat ("LONG=", long_value, NULL);
  const char *const long_environment[] = { variable, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *once = kvol_environment_expand (long_environment, "$(LONG)", &error);

  assert_null (error);
  assert_int_equal (strlen (once), 65536);
  assert_null (kvol_environment_expand (long_environment, "$(LONG)$(LONG)", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_string_equal (error->message, "with its variables expanded it is longer than 131071 bytes");
}

static const char *
find_nothing (const char *name, gpointer data)
{
  guint *asked = data;

  (*asked)++;
  return NULL;
}

/* Each of them would go through the whole rest of the text. */
static void
what_opens_a_million_times_and_never_closes_is_not_looked_for (void **state)
{
  g_autofree char *text = g_malloc (2000001);
  guint asked = 0;

  for (guint i = 0; i < 2000000; i += 2)
    memcpy (text + i, "$(", 2);
  text[2000000] = '\0';

  gint64 before = g_get_monotonic_time ();
  g_autofree char *expanded = model_expand (text, 2000000, find_nothing, &asked, NULL);

  assert_string_equal (expanded, text);
  assert_int_equal (asked, 0);
  assert_true (g_get_monotonic_time () - before < 10 * G_TIME_SPAN_SECOND);
}

int
main (void)
{
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (text_that_grows_beyond_what_a_program_can_be_given_is_refused),
    cmocka_unit_test (what_opens_a_million_times_and_never_closes_is_not_looked_for),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, rows, text_row);
  rows_add_plain (tests, plain);
  return rows_run ("expansion", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids of a user namespace, and what they are outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "id-map.h"

#define INITIAL "         0          0 4294967295\n"
#define ONE "         0       4711          1\n"
#define SUBORDINATE "         0       1000          1\n         1     100000      65536\n"

typedef struct
{
  const char *name;
  const char *map;
  guint32 inside;
  guint32 outside;
} Row;

/* Both ways. */
static const Row pairs[] = {
  { "root of the machine", INITIAL, 0, 0 },
  { "the last of the machine", INITIAL, 4294967294, 4294967294 },
  { "root of a user's namespace", ONE, 0, 4711 },
  { "root beside subordinate ids", SUBORDINATE, 0, 1000 },
  { "the first subordinate id", SUBORDINATE, 1, 100000 },
  { "the last subordinate id", SUBORDINATE, 65536, 165535 },
};

/* Inwards alone. */
static const Row strangers[] = {
  { "a stranger where nobody is known", SUBORDINATE, 65534, 4711 },
  { "the machine's root where nobody is known", SUBORDINATE, 65534, 0 },
  { "one beyond the range", SUBORDINATE, 65534, 165536 },
  { "a stranger where one is known", ONE, 0, 1000 },
};

static void
an_id_has_its_number_on_both_sides (void **state)
{
  const Row *row = *state;
  NfsIdMap map;

  nfs_id_map_parse (&map, row->map);
  assert_int_equal (nfs_id_map_outwards (&map, row->inside), row->outside);
  assert_int_equal (nfs_id_map_inwards (&map, row->outside), row->inside);
}

static void
a_stranger_has_a_number_that_can_be_written_for (void **state)
{
  const Row *row = *state;
  NfsIdMap map;

  nfs_id_map_parse (&map, row->map);
  assert_int_equal (nfs_id_map_inwards (&map, row->outside), row->inside);
}

static void
an_id_that_is_not_in_the_namespace_is_nobody_outside (void **state)
{
  NfsIdMap map;

  nfs_id_map_parse (&map, ONE);
  assert_int_equal (nfs_id_map_outwards (&map, 1), 65534);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (pairs) + G_N_ELEMENTS (strangers) + 1] = {
    cmocka_unit_test (an_id_that_is_not_in_the_namespace_is_nobody_outside),
  };
  gsize n = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    tests[n++] = (struct CMUnitTest){ .name = pairs[i].name,
                                      .test_func = an_id_has_its_number_on_both_sides,
                                      .initial_state = (void *) &pairs[i] };
  for (gsize i = 0; i < G_N_ELEMENTS (strangers); i++)
    tests[n++] = (struct CMUnitTest){ .name = strangers[i].name,
                                      .test_func = a_stranger_has_a_number_that_can_be_written_for,
                                      .initial_state = (void *) &strangers[i] };
  return cmocka_run_group_tests_name ("ids of user namespaces", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a test stands on, as its state: cleared after it also when it fails. Who fails or skips leaves by a jump, past
 * all that the compiler would clean up, and what is left so makes the tests after it fail or skip as well. */
#pragma once

#include <glib.h>

/* The test of a TEST_STATE. */
#define TEST_ON(prefix, name) cmocka_unit_test_setup_teardown (name, prefix##_setup, prefix##_teardown)

/* The test of a TEST_ROW_STATE and one of its rows, each any struct with a member "name". */
#define TEST_ON_ROW(prefix, row, function) \
  ((struct CMUnitTest){ (row)->name, function, prefix##_setup, prefix##_teardown, (void *) (row) })

/* prefix_setup() and prefix_teardown() for cmocka, of a Type that is zeroed first; prefix_clear() is there. */
#define TEST_STATE(Type, prefix) \
  static inline int \
  prefix##_setup (void **state) \
  { \
    *state = g_new0 (Type, 1); \
    return 0; \
  } \
  TEST_STATE_END (prefix)

/* The same for a Type with a member "row", which is set. */
#define TEST_ROW_STATE(Type, prefix) \
  static inline int \
  prefix##_setup (void **state) \
  { \
    Type *self = g_new0 (Type, 1); \
    self->row = *state; \
    *state = self; \
    return 0; \
  } \
  TEST_STATE_END (prefix)

#define TEST_STATE_END(prefix) \
  static inline int \
  prefix##_teardown (void **state) \
  { \
    prefix##_clear (*state); \
    g_free (*state); \
    return 0; \
  }

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a test stands on, as its state: cleared after it also when it fails. Who fails or skips leaves by a jump, past
 * all that the compiler would clean up, and what is left so makes the tests after it fail or skip as well. */
#pragma once

#include <glib.h>

/* The test of a TEST_STATE. */
#define TEST_ON(prefix, name) cmocka_unit_test_setup_teardown (name, prefix##_setup, prefix##_teardown)

/* prefix_setup() and prefix_teardown() for cmocka, of a Type that is zeroed first; prefix_clear() is there. */
#define TEST_STATE(Type, prefix) \
  static inline int \
  prefix##_setup (void **state) \
  { \
    *state = g_new0 (Type, 1); \
    return 0; \
  } \
  static inline int \
  prefix##_teardown (void **state) \
  { \
    prefix##_clear (*state); \
    g_free (*state); \
    return 0; \
  }

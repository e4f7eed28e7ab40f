/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fresh scratch directory for each test, as cmocka's setup and teardown functions, after scratch_enter(). */
#pragma once

#include <glib.h>

typedef struct {
  char *dir; /* absolute */
  int   fd;  /* O_PATH */
} Place;

#define IN_PLACE(test) cmocka_unit_test_setup_teardown (test, place_enter, place_leave)

/* The state of the test is a Place. */
int place_enter (void **state);
/* Fails the test when it left a mount or a descriptor. */
int place_leave (void **state);

/* Each fails the test when it cannot. */
void place_make_dir  (const Place *self, const char *path);
void place_make_file (const Place *self, const char *path, const char *content);

/* Links are not followed: whether @path is there, be it a dangling link. */
gboolean place_has      (const Place *self, const char *path);
gboolean place_file_has (const Place *self, const char *path, const char *content);

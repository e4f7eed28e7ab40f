/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts by another program: the helpers are scripts, what they mount is real. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/place.h"
#include "support/scratch.h"
#include "sys/mount-helper.h"

static const char *const options[] = { "size=64k", "mode=0711", NULL };

/* Runs a helper whose text is @script: $1 is the source, $2 the directory, $4 the options. */
static int
run (const Place *place, const char *script, GError **error)
{
  g_autofree char *program = g_build_filename (place->dir, "mount.test", NULL);
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", script, "\n", NULL);

  assert_true (g_file_set_contents (program, text, -1, NULL));
  assert_int_equal (chmod (program, 0755), 0);
  return sys_mount_helper_run (program, "server:/path", options, SYS_RUN_APART, NULL, error);
}

static void
what_the_helper_mounts_is_a_tree_that_nobody_sees (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;
  g_autofree char *mounts = NULL;
  struct statvfs found;
  KVOL_AUTO_FD tree = run (place, "mount -n -t tmpfs -o \"$4\" \"$1\" \"$2\" && echo hello >\"$2/file\"", &error);

  assert_null (error);
  assert_true (tree >= 0);
  assert_int_equal (faccessat (tree, "file", R_OK, 0), 0);
  assert_int_equal (fstatvfs (tree, &found), 0);
  assert_int_equal (found.f_flag & (ST_NOSUID | ST_NODEV), ST_NOSUID | ST_NODEV);
  assert_int_equal (found.f_blocks * found.f_frsize, 64 * 1024);
  assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  assert_null (strstr (mounts, "server:/path"));
}

static void
flags_are_set_also_when_the_helper_forgets_them (void **state)
{
  struct statvfs found;
  KVOL_AUTO_FD tree = run (*state, "mount -n -t tmpfs x \"$2\"", NULL);

  assert_int_equal (fstatvfs (tree, &found), 0);
  assert_int_equal (found.f_flag & (ST_NOSUID | ST_NODEV), ST_NOSUID | ST_NODEV);
}

static void
what_a_helper_says_of_its_failure_is_in_the_error (void **state)
{
  g_autoptr (GError) error = NULL;

  assert_int_equal (run (*state, "echo \"mount.test: access denied by server\" >&2; exit 32", &error), -1);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
  assert_non_null (strstr (error->message, "exited with status 32: mount.test: access denied by server"));
}

static void
a_helper_that_mounts_nothing_has_not_mounted (void **state)
{
  g_autoptr (GError) error = NULL;

  assert_int_equal (run (*state, "exit 0", &error), -1);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_FINAL));
  assert_non_null (strstr (error->message, "nothing is mounted"));
}

static void
a_helper_that_mounts_and_fails_has_failed (void **state)
{
  const Place *place = *state;
  g_autofree char *mounts = NULL;

  assert_int_equal (run (place, "mount -n -t tmpfs server:/path \"$2\"; exit 32", NULL), -1);
  assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  assert_null (strstr (mounts, "server:/path"));
}

static void
a_type_of_file_system_is_not_a_path (void **state)
{
  assert_null (sys_mount_helper_find ("../../bin/true"));
  assert_null (sys_mount_helper_find ("nothing-like-this"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_PLACE (what_the_helper_mounts_is_a_tree_that_nobody_sees),
    IN_PLACE (flags_are_set_also_when_the_helper_forgets_them),
    IN_PLACE (what_a_helper_says_of_its_failure_is_in_the_error),
    IN_PLACE (a_helper_that_mounts_nothing_has_not_mounted),
    IN_PLACE (a_helper_that_mounts_and_fails_has_failed),
    cmocka_unit_test (a_type_of_file_system_is_not_a_path),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - mount helpers mount where nobody sees it # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/mount-helper", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other tests rely on the scratch space to notice what is left behind. */

#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

/* Fails unless exactly one thing is said to be left, and its line begins with @prefix. */
static void
assert_only_left (const char *dir, const char *prefix)
{
  g_autofree char *left = scratch_dup_left (dir);

  assert_non_null (left);
  assert_true (g_str_has_prefix (left, prefix));
  assert_null (strchr (left, '\n'));
}

static void
nothing_is_left_when_nothing_was_done (void **state)
{
  g_autofree char *dir = scratch_dir ("quiet");

  scratch_mark ();
  assert_null (scratch_dup_left (dir));
  assert_nothing_left (dir);
  assert_int_equal (g_rmdir (dir), 0);
}

static void
an_open_descriptor_is_noticed (void **state)
{
  int fd;

  scratch_mark ();
  fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  assert_only_left (NULL, "descriptor ");
  close (fd);
  assert_null (scratch_dup_left (NULL));
}

static void
a_mount_is_noticed (void **state)
{
  g_autofree char *dir = scratch_dir ("mounted");
  unsigned before = count_mounts ();

  scratch_mark ();
  assert_int_equal (mount ("none", dir, "tmpfs", 0, NULL), 0);
  assert_int_equal (count_mounts (), before + 1);
  assert_only_left (NULL, "mount ");
  assert_int_equal (umount2 (dir, UMOUNT_NOFOLLOW), 0);
  assert_null (scratch_dup_left (NULL));
}

static void
a_mount_on_a_mount_point_of_before_is_noticed (void **state)
{
  g_autofree char *dir = scratch_dir ("twice");

  assert_int_equal (mount ("none", dir, "tmpfs", 0, NULL), 0);
  scratch_mark ();
  assert_int_equal (umount2 (dir, UMOUNT_NOFOLLOW), 0);
  assert_null (scratch_dup_left (NULL));
  assert_int_equal (mount ("none", dir, "tmpfs", 0, NULL), 0);
  assert_int_equal (mount ("none", dir, "tmpfs", 0, NULL), 0);

  g_autofree char *left = scratch_dup_left (NULL);

  assert_non_null (left);
  assert_int_equal (umount2 (dir, UMOUNT_NOFOLLOW), 0);
  assert_int_equal (umount2 (dir, UMOUNT_NOFOLLOW), 0);
}

static void
a_file_below_the_directory_is_noticed (void **state)
{
  g_autofree char *dir = scratch_dir ("files");
  g_autofree char *file = g_build_filename (dir, "left", NULL);

  scratch_mark ();
  assert_true (g_file_set_contents (file, "x", 1, NULL));
  assert_true (file_has (file, "x"));
  assert_false (file_has (file, "xy"));
  assert_only_left (dir, "file ");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_is_left_when_nothing_was_done),
    cmocka_unit_test (an_open_descriptor_is_noticed),
    cmocka_unit_test (a_mount_is_noticed),
    cmocka_unit_test (a_mount_on_a_mount_point_of_before_is_noticed),
    cmocka_unit_test (a_file_below_the_directory_is_noticed),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - the scratch space notices what is left # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("scratch", tests, NULL, NULL);
}

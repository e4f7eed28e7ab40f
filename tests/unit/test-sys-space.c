/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a file system holds: of one whose size is known. */

#include "sys/space.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"
#include "sys/beneath.h"
#include "sys/tree.h"

static void
a_tmpfs_of_a_mebibyte_and_ten_inodes_says_so (void **state)
{
  static const char *const options[] = { "size=1m", "nr_inodes=10", NULL };
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", NULL, options, NULL);
  KVOL_AUTO_FD file = sys_open_beneath (tree, "file", O_CREAT | O_WRONLY, 0600, SYS_BENEATH_DEFAULT, NULL);
  const gint64 page = sysconf (_SC_PAGESIZE);
  SysSpace space = { 0 };

  assert_int_equal (write (file, "x", 1), 1);
  assert_true (sys_space_of_fd (tree, &space, NULL));
  assert_int_equal (space.capacity, 1048576);
  assert_int_equal (space.available, 1048576 - page);
  assert_int_equal (space.inodes, 10);
  assert_int_equal (space.inodes_free, 8);
}

static void
no_descriptor_is_an_error (void **state)
{
  SysSpace space = { .capacity = 7 };
  g_autoptr (GError) error = NULL;

  assert_false (sys_space_of_fd (-1, &space, &error));
  assert_non_null (error);
  assert_int_equal (space.capacity, 7);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_tmpfs_of_a_mebibyte_and_ten_inodes_says_so),
    cmocka_unit_test (no_descriptor_is_an_error),
  };

  if (!scratch_enter (&reason))
    {
      print_message ("ok - sys/space # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests (tests, NULL, NULL);
}

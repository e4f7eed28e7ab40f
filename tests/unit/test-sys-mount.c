/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is a mount, and taking it away. */

#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "mount-place.h"
#include "support/scratch.h"
#include "sys/beneath.h"
#include "sys/tree.h"

/* directory/inside, file, link -> directory, dangling, and the empty directory target. */
static int
enter_filled_place (void **state)
{
  const Place *place;

  if (place_enter (state) != 0)
    return -1;
  place = *state;
  place_make_dir (place, "directory");
  place_make_dir (place, "target");
  place_make_file (place, "directory/inside", "");
  place_make_file (place, "file", "");
  return symlinkat ("directory", place->fd, "link") < 0 || symlinkat ("nothing", place->fd, "dangling") < 0;
}

static gboolean
is_mount_root (const Place *place, const char *name)
{
  SysMountInfo info = look_up (place, name);

  return info.is_mount_root;
}

/* ---- is it a mount ---- */

static void
a_plain_directory_and_a_plain_file_are_no_mounts (void **state)
{
  const Place *place = *state;
  SysMountInfo directory = look_up (place, "directory");
  SysMountInfo file = look_up (place, "file");
  SysMountInfo self = look_up (place, "");

  assert_false (directory.is_mount_root);
  assert_true (directory.is_dir);
  assert_false (file.is_mount_root);
  assert_false (file.is_dir);
  assert_false (self.is_mount_root);
  assert_true (self.is_dir);
}

static void
a_bind_of_the_same_file_system_is_a_mount (void **state)
{
  const Place *place = *state;

  bind (place, "directory", "target");
  bind (place, "file", "directory/inside");
  assert_true (is_mount_root (place, "target"));
  assert_true (is_mount_root (place, "directory/inside"));
  assert_false (is_mount_root (place, "directory"));
  assert_false (is_mount_root (place, "target/inside"));
  unmount (place, "target");
  assert_false (is_mount_root (place, "target"));

  KVOL_AUTO_FD directory = openat (place->fd, "directory", O_PATH | O_CLOEXEC);

  assert_true (sys_unmount_at (directory, "inside", NULL));
}

static void
the_mounted_root_says_so_of_itself (void **state)
{
  const Place *place = *state;
  SysMountInfo info = { 0 };

  hang_tmpfs (place, "target");

  KVOL_AUTO_FD root = openat (place->fd, "target", O_PATH | O_CLOEXEC);

  assert_true (sys_mount_lookup (root, "", &info, NULL));
  assert_true (info.is_mount_root);
  kvol_clear_fd (&root);
  unmount (place, "target");
}

static void
a_link_to_a_mount_is_no_mount (void **state)
{
  const Place *place = *state;
  SysMountInfo info;

  hang_tmpfs (place, "directory");
  info = look_up (place, "link");
  assert_false (info.is_mount_root);
  assert_false (info.is_dir);
  unmount (place, "directory");
}

static void
what_is_not_there_is_absent_and_leaves_the_answer_alone (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;
  SysMountInfo info = { .mount = { .id = 7 } };

  assert_false (sys_mount_lookup (place->fd, "nothing", &info, &error));
  assert_int_equal (error->code, KVOL_ERROR_ABSENT);
  assert_int_equal (info.mount.id, 7);
  assert_true (sys_mount_lookup (place->fd, "dangling", &info, NULL));
}

/* ---- unmounting ---- */

static void
a_link_at_the_end_is_not_unmounted (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;

  hang_tmpfs (place, "directory");
  assert_false (sys_unmount_at (place->fd, "link", &error));
  assert_int_equal (errno, EINVAL);
  assert_true (is_mount_root (place, "directory"));
  unmount (place, "directory");
}

static void
a_mount_in_use_is_busy_and_stays (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;

  hang_tmpfs (place, "target");

  KVOL_AUTO_FD user = openat (place->fd, "target", O_PATH | O_CLOEXEC);

  assert_false (sys_unmount_at (place->fd, "target", &error));
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
  assert_string_equal (error->message, "unmount \"target\": Device or resource busy");
  assert_true (is_mount_root (place, "target"));
  kvol_clear_fd (&user);
  unmount (place, "target");
}

static void
a_mount_with_another_below_it_is_busy (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;

  hang_tmpfs (place, "target");
  place_make_dir (place, "target/below");
  hang_tmpfs (place, "target/below");
  assert_false (sys_unmount_at (place->fd, "target", &error));
  assert_int_equal (error->code, KVOL_ERROR_BUSY);

  KVOL_AUTO_FD target = openat (place->fd, "target", O_PATH | O_CLOEXEC);

  assert_true (sys_unmount_at (target, "below", NULL));
  kvol_clear_fd (&target);
  unmount (place, "target");
}

static void
what_is_not_mounted_is_an_error_and_is_left_alone (void **state)
{
  const Place *place = *state;
  const char *const names[] = { "directory", "file", "dangling" };
  g_autoptr (GError) absent = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_false (sys_unmount_at (place->fd, names[i], &error));
      assert_int_equal (error->code, KVOL_ERROR_FINAL);
    }
  assert_true (place_has (place, "directory/inside"));
  assert_false (sys_unmount_at (place->fd, "nothing", &absent));
  assert_int_equal (absent->code, KVOL_ERROR_ABSENT);
}

static void
only_a_single_name_is_unmounted (void **state)
{
  const Place *place = *state;
  const char *const names[] = { "", ".", "..", "target/", "directory/../target", "/" };

  hang_tmpfs (place, "target");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_false (sys_unmount_at (place->fd, names[i], &error));
      assert_int_equal (error->code, KVOL_ERROR_INVALID_SPEC);
    }
  assert_true (is_mount_root (place, "target"));
  unmount (place, "target");
}

static void
a_mount_is_found_by_its_directory_after_that_was_moved (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD parent = openat (place->fd, "directory", O_PATH | O_CLOEXEC);

  place_make_dir (place, "directory/target");
  hang_tmpfs (place, "directory/target");
  assert_int_equal (renameat (place->fd, "directory", place->fd, "moved"), 0);
  assert_true (sys_unmount_at (parent, "target", NULL));
}

static void
a_directory_with_a_mount_on_it_is_busy_and_not_removed (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;

  hang_tmpfs (place, "target");
  assert_false (sys_remove_dir_at (place->fd, "target", &error));
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
  assert_true (is_mount_root (place, "target"));
  unmount (place, "target");
  assert_true (sys_remove_dir_at (place->fd, "target", NULL));
}

static void
a_directory_that_is_made_where_a_mount_lies_is_the_mounted_root (void **state)
{
  const Place *place = *state;
  gboolean made = TRUE;
  SysMountInfo info = { 0 };

  hang_tmpfs (place, "target");

  KVOL_AUTO_FD fd = sys_make_dir_at (place->fd, "target", 0755, &made, NULL);

  assert_false (made);
  assert_true (sys_mount_lookup (fd, "", &info, NULL));
  assert_true (info.is_mount_root);
  kvol_clear_fd (&fd);
  unmount (place, "target");
}

#define IN_FILLED_PLACE(test) cmocka_unit_test_setup_teardown (test, enter_filled_place, place_leave)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_FILLED_PLACE (a_plain_directory_and_a_plain_file_are_no_mounts),
    IN_FILLED_PLACE (a_bind_of_the_same_file_system_is_a_mount),
    IN_FILLED_PLACE (the_mounted_root_says_so_of_itself),
    IN_FILLED_PLACE (a_link_to_a_mount_is_no_mount),
    IN_FILLED_PLACE (what_is_not_there_is_absent_and_leaves_the_answer_alone),
    IN_FILLED_PLACE (a_link_at_the_end_is_not_unmounted),
    IN_FILLED_PLACE (a_mount_in_use_is_busy_and_stays),
    IN_FILLED_PLACE (a_mount_with_another_below_it_is_busy),
    IN_FILLED_PLACE (what_is_not_mounted_is_an_error_and_is_left_alone),
    IN_FILLED_PLACE (only_a_single_name_is_unmounted),
    IN_FILLED_PLACE (a_mount_is_found_by_its_directory_after_that_was_moved),
    IN_FILLED_PLACE (a_directory_with_a_mount_on_it_is_busy_and_not_removed),
    IN_FILLED_PLACE (a_directory_that_is_made_where_a_mount_lies_is_the_mounted_root),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - mounts are known and taken away # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/mount", tests, NULL, NULL);
}

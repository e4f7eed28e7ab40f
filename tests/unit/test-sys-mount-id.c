/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount it is. All of it runs a second time in a child that is told that the kernel has no unique ids. */

#include "sys/mount.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <gio/gio.h>
#include <kvol/kvol-macros.h>

#include "mount-place.h"
#include "support/scratch.h"
#include "sys/call.h"
#include "sys/tree.h"

/* Unique ids begin above this, and small ones never get there. */
#define SMALL_ID_MAX ((guint64) 1 << 31)

#define OTHERS 20

/* The test ends with nothing mounted on "target". */
static int
enter_with_target (void **state)
{
  if (place_enter (state) != 0)
    return -1;
  place_make_dir (*state, "target");
  return 0;
}

static gboolean
kernel_has_unique_ids (void)
{
  SysStatx found = { 0 };

  assert_int_equal (sys_call_statx (AT_FDCWD, "/", 0, SYS_STATX_MNT_ID_UNIQUE, &found), 0);
  return (found.mask & SYS_STATX_MNT_ID_UNIQUE) != 0;
}

static void
a_tree_keeps_its_id_when_it_is_hung (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", NULL, NULL, NULL);
  SysMountId detached = { 0 };
  SysMountInfo hung;

  assert_true (sys_mount_id_of_fd (tree, &detached, NULL));
  assert_true (sys_mount_id_is_set (&detached));
  hang (place, "target", tree);
  kvol_clear_fd (&tree);
  hung = look_up (place, "target");
  assert_true (hung.is_mount_root);
  assert_true (sys_mount_id_equal (&hung.mount, &detached));
  unmount (place, "target");
}

static void
what_lies_in_a_mount_has_its_id_and_what_lies_beside_has_not (void **state)
{
  const Place *place = *state;
  SysMountInfo root, below, beside;

  place_make_dir (place, "source");
  place_make_file (place, "source/inside", "");
  bind (place, "source", "target");
  root = look_up (place, "target");
  below = look_up (place, "target/inside");
  beside = look_up (place, "source");
  assert_int_equal (below.mount.id, root.mount.id);
  assert_int_not_equal (beside.mount.id, root.mount.id);
  assert_false (sys_mount_id_equal (&beside.mount, &root.mount));
  unmount (place, "target");
}

static void
two_mounts_at_a_time_have_different_ids (void **state)
{
  const Place *place = *state;
  SysMountInfo lower, upper;

  hang_tmpfs (place, "target");
  lower = look_up (place, "target");
  hang_tmpfs (place, "target");
  upper = look_up (place, "target");
  assert_false (sys_mount_id_equal (&lower.mount, &upper.mount));
  unmount (place, "target");
  upper = look_up (place, "target");
  assert_true (sys_mount_id_equal (&lower.mount, &upper.mount));
  unmount (place, "target");
}

/* Of many, as the numbers of the first may or may not come again. */
static void
a_mount_in_the_place_of_another_has_a_new_id (void **state)
{
  const Place *place = *state;
  SysMountInfo first, second;

  hang_tmpfs (place, "target");
  first = look_up (place, "target");
  unmount (place, "target");
  for (int i = 0; i < OTHERS; i++)
    {
      hang_tmpfs (place, "target");
      second = look_up (place, "target");
      unmount (place, "target");
      assert_false (sys_mount_id_equal (&first.mount, &second.mount));
    }
}

static void
a_unique_id_comes_alone (void **state)
{
  const Place *place = *state;
  SysMountInfo info;

  if (!kernel_has_unique_ids ())
    skip_because ("this kernel has no unique mount ids");
  hang_tmpfs (place, "target");
  info = look_up (place, "target");
  unmount (place, "target");
  assert_true (info.mount.id >= SMALL_ID_MAX);
  assert_int_equal (info.mount.dev, 0);
  assert_int_equal (info.mount.root, 0);
}

static void
a_small_id_comes_with_the_device_and_a_mark_of_the_root (void **state)
{
  const Place *place = *state;
  SysMountInfo info;
  struct stat root;

  hang_tmpfs (place, "target");
  info = look_up (place, "target");
  assert_int_equal (fstatat (place->fd, "target", &root, 0), 0);
  assert_true (info.mount.id < SMALL_ID_MAX);
  assert_int_equal (info.mount.dev, root.st_dev);
  assert_int_not_equal (info.mount.root, 0);
  unmount (place, "target");
}

static void
an_id_is_equal_to_none_that_differs_in_anything (void **state)
{
  const SysMountId id = { 5, 6, 7 };
  const SysMountId others[] = { { 4, 6, 7 }, { 5, 0, 7 }, { 5, 6, 0 }, { 0, 0, 0 } };

  assert_true (sys_mount_id_equal (&id, &(SysMountId){ 5, 6, 7 }));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    assert_false (sys_mount_id_equal (&id, &others[i]));
  assert_true (sys_mount_id_is_set (&id));
  assert_false (sys_mount_id_is_set (&others[3]));
}

static void
all_holds_without_unique_ids (void **state)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) child = NULL;
  g_autofree char *output = NULL;

  g_subprocess_launcher_setenv (launcher, "KVOL_NO_STATMOUNT", "1", TRUE);
  child = g_subprocess_launcher_spawn (launcher, NULL, "/proc/self/exe", "without-unique-ids", NULL);
  assert_non_null (child);
  assert_true (g_subprocess_communicate_utf8 (child, NULL, NULL, &output, NULL, NULL));
  assert_non_null (output);
  if (!g_subprocess_get_if_exited (child) || g_subprocess_get_exit_status (child) != 0)
    fail_msg ("%s", output);
}

#define WITH_TARGET(test) cmocka_unit_test_setup_teardown (test, enter_with_target, place_leave)

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    WITH_TARGET (a_tree_keeps_its_id_when_it_is_hung),
    WITH_TARGET (what_lies_in_a_mount_has_its_id_and_what_lies_beside_has_not),
    WITH_TARGET (two_mounts_at_a_time_have_different_ids),
    WITH_TARGET (a_mount_in_the_place_of_another_has_a_new_id),
    WITH_TARGET (a_unique_id_comes_alone),
    cmocka_unit_test (an_id_is_equal_to_none_that_differs_in_anything),
    cmocka_unit_test (all_holds_without_unique_ids),
  };
  const struct CMUnitTest without_unique[] = {
    WITH_TARGET (a_tree_keeps_its_id_when_it_is_hung),
    WITH_TARGET (what_lies_in_a_mount_has_its_id_and_what_lies_beside_has_not),
    WITH_TARGET (two_mounts_at_a_time_have_different_ids),
    WITH_TARGET (a_mount_in_the_place_of_another_has_a_new_id),
    WITH_TARGET (a_small_id_comes_with_the_device_and_a_mark_of_the_root),
  };
  const char *reason = NULL;

  if (argc > 1)
    return cmocka_run_group_tests_name ("sys/mount-id, small", without_unique, NULL, NULL);
  g_unsetenv ("KVOL_NO_STATMOUNT");
  if (!scratch_enter (&reason))
    {
      g_print ("ok - mounts have ids # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/mount-id", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unmounting in another process. The file systems here always answer; those that do not need a kernel with a client,
 * and are tried in the virtual machine. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/built.h"
#include "support/place.h"
#include "support/scratch.h"
#include "sys/mount.h"
#include "sys/unmount.h"

static void
mount_at (const Place *place, const char *name)
{
  g_autofree char *path = g_build_filename (place->dir, name, NULL);

  place_make_dir (place, name);
  assert_int_equal (mount ("test", path, "tmpfs", 0, NULL), 0);
}

static gboolean
unmount (const Place *place, const char *name, SysUnmount *ret_unmount, GError **error)
{
  g_autofree char *program = built_path ("libexec/kvol-worker");

  *ret_unmount = (SysUnmount){ .program = program, .end = g_get_monotonic_time () + SYS_UNMOUNT_USEC };
  return sys_unmount_remote_at (ret_unmount, place->fd, name, error);
}

static gboolean
is_mounted (const Place *place, const char *name)
{
  SysMountInfo info = { 0 };

  assert_true (sys_mount_lookup (place->fd, name, &info, NULL));
  return info.is_mount_root;
}

static void
a_mount_that_nobody_uses_comes_off_clean (void **state)
{
  SysUnmount how;

  mount_at (*state, "mount");
  assert_true (unmount (*state, "mount", &how, NULL));
  assert_int_equal (how.worst, SYS_UNMOUNT_CLEAN);
  assert_false (is_mounted (*state, "mount"));
}

static void
a_mount_in_use_stays_while_its_server_answers (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;
  SysUnmount how;

  mount_at (place, "mount");

  KVOL_AUTO_FD user = openat (place->fd, "mount", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_false (unmount (place, "mount", &how, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  assert_false (how.is_dead);
  assert_true (is_mounted (place, "mount"));
  kvol_clear_fd (&user);
  assert_true (unmount (place, "mount", &how, NULL));
}

static void
a_dead_mount_in_use_is_detached (void **state)
{
  const Place *place = *state;
  g_autofree char *program = built_path ("libexec/kvol-worker");
  SysUnmount dead = { .program = program, .end = g_get_monotonic_time () + SYS_UNMOUNT_USEC, .is_dead = TRUE };

  mount_at (place, "mount");

  KVOL_AUTO_FD user = openat (place->fd, "mount", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (sys_unmount_remote_at (&dead, place->fd, "mount", NULL));
  assert_int_equal (dead.worst, SYS_UNMOUNT_DETACHED);
  assert_false (is_mounted (place, "mount"));
}

static void
the_worst_of_several_unmounts_is_told (void **state)
{
  const Place *place = *state;
  g_autofree char *program = built_path ("libexec/kvol-worker");
  SysUnmount both = { .program = program, .end = g_get_monotonic_time () + SYS_UNMOUNT_USEC, .is_dead = TRUE };

  mount_at (place, "one");
  mount_at (place, "other");

  KVOL_AUTO_FD user = openat (place->fd, "one", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (sys_unmount_remote_at (&both, place->fd, "one", NULL));
  assert_true (sys_unmount_remote_at (&both, place->fd, "other", NULL));
  assert_int_equal (both.worst, SYS_UNMOUNT_DETACHED);
}

static void
nothing_but_a_mount_below_the_directory_comes_off (void **state)
{
  const Place *place = *state;
  static const char *const names[] = { "bare", "missing", "..", ".", "mount/../mount", "link" };
  SysUnmount how;

  mount_at (place, "mount");
  place_make_dir (place, "bare");
  assert_int_equal (symlinkat ("mount", place->fd, "link"), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_false (unmount (place, names[i], &how, NULL));
  assert_true (is_mounted (place, "mount"));
  assert_true (unmount (place, "mount", &how, NULL));
}

static void
without_the_program_nothing_is_unmounted (void **state)
{
  const Place *place = *state;
  SysUnmount none = { .end = g_get_monotonic_time () + SYS_UNMOUNT_USEC };
  g_autoptr (GError) error = NULL;
  SysUnmount how;

  mount_at (place, "mount");
  assert_false (sys_unmount_remote_at (&none, place->fd, "mount", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_true (unmount (place, "mount", &how, NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_PLACE (a_mount_that_nobody_uses_comes_off_clean),
    IN_PLACE (a_mount_in_use_stays_while_its_server_answers),
    IN_PLACE (a_dead_mount_in_use_is_detached),
    IN_PLACE (the_worst_of_several_unmounts_is_told),
    IN_PLACE (nothing_but_a_mount_below_the_directory_comes_off),
    IN_PLACE (without_the_program_nothing_is_unmounted),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - mounts come off in another process # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/unmount", tests, NULL, NULL);
}

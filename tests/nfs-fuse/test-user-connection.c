/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a volume's connection is broken is seen by the mount alone, and without waiting for anybody who is slow. */
#include "user-connection.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/served.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define END_MSEC 30000

static void
it_is_broken_when_its_server_has_died_and_not_before (void **state)
{
  ServedGround *ground = *state;

  if (!served_ground_open (ground, NULL))
    skip ();

  KVOL_AUTO_FD dir = open (ground->volume.path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_true (dir >= 0);
  assert_false (nfs_user_connection_is_broken (dir));
  assert_int_equal (kill (ground->volume.pid, SIGSTOP), 0);
  assert_false (nfs_user_connection_is_broken (dir));
  assert_int_equal (kill (ground->volume.pid, SIGKILL), 0);
  assert_true (served_await_end (&ground->volume, END_MSEC));
  assert_true (nfs_user_connection_is_broken (dir));
}

static void
a_frozen_nfs_server_breaks_nothing (void **state)
{
  ServedGround *ground = *state;

  if (!served_ground_open (ground, NULL))
    skip ();

  KVOL_AUTO_FD dir = open (ground->volume.path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_true (nfs_server_freeze (ground->export.server, NULL));
  assert_false (nfs_user_connection_is_broken (dir));
  assert_true (nfs_server_thaw (ground->export.server, NULL));
  assert_false (nfs_user_connection_is_broken (dir));
}

/* Each that was left would be a thread and a descriptor, for as long as the server is silent. */
static void
who_asks_again_and_again_leaves_no_more_than_two_questions (void **state)
{
  ServedGround *ground = *state;

  if (!served_ground_open (ground, NULL))
    skip ();

  KVOL_AUTO_FD dir = open (ground->volume.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const guint n_threads = scratch_count_names ("/proc/self/task");
  const guint n_fds = scratch_count_names ("/proc/self/fd");

  assert_true (nfs_server_freeze (ground->export.server, NULL));
  for (int i = 0; i < 5; i++)
    assert_false (nfs_user_connection_is_broken (dir));
  assert_in_range (scratch_count_names ("/proc/self/task"), n_threads + 1, n_threads + 2);
  assert_in_range (scratch_count_names ("/proc/self/fd"), n_fds + 1, n_fds + 2);
  assert_true (nfs_server_thaw (ground->export.server, NULL));
}

static void
what_is_no_volume_has_none_that_could_be_broken (void **state)
{
  KVOL_AUTO_FD dir = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_false (nfs_user_connection_is_broken (dir));
  assert_false (nfs_user_connection_is_broken (-1));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, it_is_broken_when_its_server_has_died_and_not_before),
    TEST_ON (served_ground, a_frozen_nfs_server_breaks_nothing),
    TEST_ON (served_ground, who_asks_again_and_again_leaves_no_more_than_two_questions),
    cmocka_unit_test (what_is_no_volume_has_none_that_could_be_broken),
  };

  return own_net_run ("a volume's connection", tests);
}

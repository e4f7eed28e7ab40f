/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kvol-nfs says of a descriptor that it cannot serve. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/built.h"
#include "support/scratch.h"

#define END_MSEC 30000

static pid_t
start (int fuse_fd, int ready_fd)
{
  g_autofree char *program = built_path ("libexec/kvol-nfs");
  char *const argv[] = {
    program, (char *) "--fuse-fd=3", (char *) "--ready-fd=4", (char *) "--server=127.0.0.1", (char *) "--root=00", NULL
  };
  posix_spawn_file_actions_t actions;
  pid_t pid = 0;

  assert_int_equal (posix_spawn_file_actions_init (&actions), 0);
  posix_spawn_file_actions_adddup2 (&actions, fuse_fd, 3);
  posix_spawn_file_actions_adddup2 (&actions, ready_fd, 4);
  assert_int_equal (posix_spawn (&pid, program, &actions, NULL, argv, environ), 0);
  posix_spawn_file_actions_destroy (&actions);
  return pid;
}

/* Ends it when it does not end, and answers how it did. */
static int
await_end (pid_t pid)
{
  KVOL_AUTO_FD life = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd ended = { .fd = life, .events = POLLIN };
  int status = 0;

  if (poll (&ended, 1, END_MSEC) != 1)
    kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  return status;
}

/* Numbers that are none of those that it gets. */
static int
move_up (int fd)
{
  int moved = fcntl (fd, F_DUPFD_CLOEXEC, 10);

  close (fd);
  assert_true (moved >= 0);
  return moved;
}

static void
a_device_that_nobody_has_mounted_is_the_end_and_not_a_busy_loop (void **state)
{
  int fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  char said[256] = "";
  int ready[2], status;

  if (fuse < 0)
    skip_because ("there is no /dev/fuse that can be opened here");
  assert_int_equal (pipe2 (ready, O_CLOEXEC), 0);

  KVOL_AUTO_FD device = move_up (fuse);
  KVOL_AUTO_FD writer = move_up (ready[1]);
  KVOL_AUTO_FD reader = ready[0];

  status = await_end (start (device, writer));
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 1);
  assert_true (read (reader, said, sizeof said - 1) > 0);
  assert_string_equal (said, "descriptor 3 is a /dev/fuse that nobody has mounted\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_device_that_nobody_has_mounted_is_the_end_and_not_a_busy_loop),
  };

  return cmocka_run_group_tests_name ("what kvol-nfs starts with", tests, NULL, NULL);
}

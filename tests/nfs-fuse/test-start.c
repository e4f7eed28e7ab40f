/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kvol-nfs says of a descriptor that it cannot serve, and where it may have no threads. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/built.h"
#include "support/scratch.h"

#define END_MSEC 30000

/* @more: another argument, or NULL. */
static pid_t
start (int fuse_fd, int ready_fd, const char *more)
{
  g_autofree char *program = built_path ("libexec/kvol-nfs");
  char *const argv[] = { program,
                         (char *) "--fuse-fd=3",
                         (char *) "--ready-fd=4",
                         (char *) "--server=127.0.0.1",
                         (char *) "--root=00",
                         (char *) more,
                         NULL };
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

static int
open_device (void)
{
  int fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);

  if (fuse < 0)
    skip_because ("there is no /dev/fuse that can be opened here");
  return move_up (fuse);
}

/* What it says when it has ended, as it should. The caller frees it. */
static char *
dup_last_words (int device, const char *more)
{
  char said[256] = "";
  int ready[2], status;

  assert_int_equal (pipe2 (ready, O_CLOEXEC), 0);

  KVOL_AUTO_FD writer = move_up (ready[1]);
  KVOL_AUTO_FD reader = ready[0];

  status = await_end (start (device, writer, more));
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 1);
  assert_true (read (reader, said, sizeof said - 1) > 0);
  return g_strdup (said);
}

static void
a_device_that_nobody_has_mounted_is_the_end_and_not_a_busy_loop (void **state)
{
  KVOL_AUTO_FD device = open_device ();
  g_autofree char *said = dup_last_words (device, NULL);

  assert_string_equal (said, "descriptor 3 is a /dev/fuse that nobody has mounted\n");
}

static int
make_tree (int device)
{
  g_autofree char *number = g_strdup_printf ("%d", device);
  const char *const settings[][2] = {
    { "source", "nowhere" }, { "fd", number }, { "rootmode", "40755" }, { "user_id", "0" }, { "group_id", "0" }
  };
  KVOL_AUTO_FD fs = (int) syscall (SYS_fsopen, "fuse", FSOPEN_CLOEXEC);

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    assert_int_equal (syscall (SYS_fsconfig, fs, FSCONFIG_SET_STRING, settings[i][0], settings[i][1], 0), 0);
  assert_int_equal (syscall (SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), 0);
  return (int) syscall (SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
}

static void
assert_says_that_it_has_no_thread (const char *more)
{
  g_autofree char *said = NULL;
  struct rlimit usual;
  KVOL_AUTO_FD device = open_device ();
  KVOL_AUTO_FD tree = make_tree (device);

  assert_true (tree >= 0);
  assert_int_equal (getrlimit (RLIMIT_NPROC, &usual), 0);
  assert_int_equal (setrlimit (RLIMIT_NPROC, &(struct rlimit){ 1, usual.rlim_max }), 0);
  said = dup_last_words (device, more);
  assert_int_equal (setrlimit (RLIMIT_NPROC, &usual), 0);
  assert_true (g_str_has_prefix (said, "cannot have a thread: "));
}

/* For its requests, or for locks. */
static void
who_may_have_no_threads_does_not_say_that_it_serves (void **state)
{
  if (!scratch_is_real_root ())
    skip_because ("who limits the processes of another user is real root");
  assert_says_that_it_has_no_thread (NULL);
  assert_says_that_it_has_no_thread ("--server-locks=all");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_device_that_nobody_has_mounted_is_the_end_and_not_a_busy_loop),
    cmocka_unit_test (who_may_have_no_threads_does_not_say_that_it_serves),
  };

  return cmocka_run_group_tests_name ("what kvol-nfs starts with", tests, NULL, NULL);
}

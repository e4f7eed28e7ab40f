/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a process that somebody else has written down is there still. */
#include "sys/process.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct
{
  pid_t pid;
  int pidfd;
  SysProcess process;
} Child;

static void
child_start (Child *self)
{
  self->pid = fork ();
  if (self->pid == 0)
    for (;;)
      pause ();
  self->pidfd = (int) syscall (SYS_pidfd_open, self->pid, 0);
  assert_true (self->pidfd >= 0);
  assert_true (sys_process_of_pidfd (self->pidfd, &self->process));
  assert_int_equal (self->process.pid, self->pid);
}

/* It stays a zombie until it is reaped. */
static void
child_kill (Child *self)
{
  struct pollfd ended = { .fd = self->pidfd, .events = POLLIN };

  assert_int_equal (kill (self->pid, SIGKILL), 0);
  assert_int_equal (poll (&ended, 1, 30000), 1);
}

static void
child_reap (Child *self)
{
  assert_int_equal (waitpid (self->pid, NULL, 0), self->pid);
  close (self->pidfd);
}

static void
one_that_lives_has_not_ended (void **state)
{
  Child child;

  child_start (&child);
  assert_false (sys_process_has_ended (&child.process));
  child_kill (&child);
  child_reap (&child);
}

static void
one_that_is_killed_has_ended_before_and_after_it_is_reaped (void **state)
{
  SysProcess late = { 0 };
  Child child;

  child_start (&child);
  child_kill (&child);
  assert_true (sys_process_has_ended (&child.process));
  assert_false (sys_process_of_pidfd (child.pidfd, &late));
  child_reap (&child);
  assert_true (sys_process_has_ended (&child.process));
}

static void
another_that_has_the_number_by_now_is_not_it (void **state)
{
  Child child;

  child_start (&child);
  child.process.start--;
  assert_true (sys_process_has_ended (&child.process));
  child_kill (&child);
  child_reap (&child);
}

static void
of_another_pid_namespace_nothing_is_known (void **state)
{
  Child child;

  child_start (&child);
  child.process.pid_space++;
  child_kill (&child);
  child_reap (&child);
  assert_false (sys_process_has_ended (&child.process));
}

static void
what_is_no_pidfd_has_no_process (void **state)
{
  SysProcess process = { 0 };
  int ends[2];

  assert_int_equal (pipe (ends), 0);
  assert_false (sys_process_of_pidfd (ends[0], &process));
  assert_false (sys_process_of_pidfd (-1, &process));
  assert_false (sys_process_is_set (&process));
  assert_false (sys_process_has_ended (&process));
  close (ends[0]);
  close (ends[1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (one_that_lives_has_not_ended),
    cmocka_unit_test (one_that_is_killed_has_ended_before_and_after_it_is_reaped),
    cmocka_unit_test (another_that_has_the_number_by_now_is_not_it),
    cmocka_unit_test (of_another_pid_namespace_nothing_is_known),
    cmocka_unit_test (what_is_no_pidfd_has_no_process),
  };

  return cmocka_run_group_tests_name ("processes that are written down", tests, NULL, NULL);
}

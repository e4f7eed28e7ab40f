/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the process that a volume's record names is found again, and what counts as its end: with that the volume is
 * lost and its locks are given away. */
#include "user-server.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct
{
  pid_t pid;
  int pidfd;
  NfsUserServer server;
} Child;

static int
setup (void **state)
{
  Child *self = g_new0 (Child, 1);

  *state = self;
  self->pid = fork ();
  if (self->pid == 0)
    for (;;)
      pause ();
  self->pidfd = (int) syscall (SYS_pidfd_open, self->pid, 0);
  return self->pidfd >= 0 && nfs_user_server_init (&self->server, self->pidfd) ? 0 : -1;
}

static int
teardown (void **state)
{
  Child *self = *state;

  if (self->pid > 0)
    {
      kill (self->pid, SIGKILL);
      waitpid (self->pid, NULL, 0);
    }
  close (self->pidfd);
  g_free (self);
  return 0;
}

static void
end (Child *self)
{
  struct pollfd ended = { .fd = self->pidfd, .events = POLLIN };

  assert_int_equal (kill (self->pid, SIGKILL), 0);
  assert_int_equal (poll (&ended, 1, 30000), 1);
}

static void
assert_ended (const NfsUserServer *server)
{
  gboolean ended = FALSE;

  assert_int_equal (nfs_user_server_open (server, &ended), -1);
  assert_true (ended);
  assert_true (nfs_user_server_end (server, 0));
}

/* @n: how many descriptors there are left. */
static void
look_with_few_descriptors (const NfsUserServer *server, rlim_t n, int *ret_opened, gboolean *ret_ended,
                           gboolean *ret_was_ended)
{
  const int next = dup (STDOUT_FILENO);
  struct rlimit usual;
  struct rlimit few;

  assert_true (next >= 0);
  close (next);
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &usual), 0);
  few = (struct rlimit){ (rlim_t) next + n, usual.rlim_max };
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &few), 0);
  *ret_opened = nfs_user_server_open (server, ret_ended);
  *ret_was_ended = nfs_user_server_end (server, 0);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &usual), 0);
}

static void
one_that_lives_is_found (void **state)
{
  Child *self = *state;
  gboolean ended = TRUE;
  int pidfd = nfs_user_server_open (&self->server, &ended);

  assert_true (pidfd >= 0);
  assert_false (ended);
  close (pidfd);
}

static void
one_that_is_killed_has_ended_before_and_after_it_is_reaped (void **state)
{
  Child *self = *state;

  end (self);
  assert_ended (&self->server);
  assert_int_equal (waitpid (self->pid, NULL, 0), self->pid);
  self->pid = 0;
  assert_ended (&self->server);
}

static void
another_that_has_the_number_by_now_is_not_it_and_lives_on (void **state)
{
  Child *self = *state;
  struct pollfd ended = { .fd = self->pidfd, .events = POLLIN };

  self->server.start--;
  assert_ended (&self->server);
  assert_int_equal (poll (&ended, 1, 0), 0);
}

static void
without_descriptors_nobody_has_ended (void **state)
{
  Child *self = *state;

  for (rlim_t n = 0; n < 2; n++)
    {
      int opened = 0;
      gboolean ended = TRUE;
      gboolean was_ended = TRUE;

      look_with_few_descriptors (&self->server, n, &opened, &ended, &was_ended);
      assert_int_equal (opened, -1);
      assert_false (ended);
      assert_false (was_ended);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (one_that_lives_is_found, setup, teardown),
    cmocka_unit_test_setup_teardown (one_that_is_killed_has_ended_before_and_after_it_is_reaped, setup, teardown),
    cmocka_unit_test_setup_teardown (another_that_has_the_number_by_now_is_not_it_and_lives_on, setup, teardown),
    cmocka_unit_test_setup_teardown (without_descriptors_nobody_has_ended, setup, teardown),
  };

  return cmocka_run_group_tests_name ("the process that a record names", tests, NULL, NULL);
}

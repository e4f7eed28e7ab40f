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

#include "support/pid-namespace.h"

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
assert_fate (const NfsUserServer *server, NfsServerFate fate)
{
  int pidfd = 0;

  assert_int_equal (nfs_user_server_open (server, &pidfd), fate);
  assert_int_equal (pidfd, -1);
  assert_int_equal (nfs_user_server_end (server, 0), fate);
}

static void
assert_lives (const Child *self)
{
  struct pollfd ended = { .fd = self->pidfd, .events = POLLIN };

  assert_int_equal (poll (&ended, 1, 0), 0);
}

/* @n: how many descriptors there are left. */
static void
look_with_few_descriptors (const NfsUserServer *server, rlim_t n, int *ret_opened, NfsServerFate *ret_fate,
                           NfsServerFate *ret_end)
{
  const int next = dup (STDOUT_FILENO);
  struct rlimit usual;
  struct rlimit few;

  assert_true (next >= 0);
  close (next);
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &usual), 0);
  few = (struct rlimit){ (rlim_t) next + n, usual.rlim_max };
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &few), 0);
  *ret_fate = nfs_user_server_open (server, ret_opened);
  *ret_end = nfs_user_server_end (server, 0);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &usual), 0);
}

static void
one_that_lives_is_found (void **state)
{
  Child *self = *state;
  int pidfd = -1;

  assert_int_equal (nfs_user_server_open (&self->server, &pidfd), NFS_SERVER_LIVES);
  assert_true (pidfd >= 0);
  close (pidfd);
}

static void
its_record_names_it (void **state)
{
  Child *self = *state;
  g_autoptr (GVariant) record = g_variant_ref_sink (nfs_user_server_to_record (&self->server));
  NfsUserServer read;
  int pidfd = -1;

  assert_true (nfs_user_server_from_record (&read, record));
  assert_int_equal (read.pid_space, self->server.pid_space);
  assert_int_equal (read.time_space, self->server.time_space);
  assert_string_equal (read.boot, self->server.boot);
  assert_true (*read.boot != '\0' && read.pid_space != 0);
  assert_int_equal (nfs_user_server_open (&read, &pidfd), NFS_SERVER_LIVES);
  close (pidfd);
}

/* Which said less. */
static void
the_record_of_an_earlier_version_names_it (void **state)
{
  Child *self = *state;
  g_autoptr (GVariant) record =
      g_variant_ref_sink (g_variant_new_parsed ("{'serverPid': <%x>, 'serverStart': <%t>, 'fuseConnection': <%u>}",
                                                self->server.pid, self->server.start, self->server.connection));
  NfsUserServer read;
  int pidfd = -1;

  assert_true (nfs_user_server_from_record (&read, record));
  assert_int_equal (nfs_user_server_open (&read, &pidfd), NFS_SERVER_LIVES);
  close (pidfd);
}

static void
one_that_is_killed_has_ended_before_and_after_it_is_reaped (void **state)
{
  Child *self = *state;
  NfsUserServer late;

  end (self);
  assert_fate (&self->server, NFS_SERVER_ENDED);
  assert_false (nfs_user_server_init (&late, self->pidfd));
  assert_int_equal (waitpid (self->pid, NULL, 0), self->pid);
  self->pid = 0;
  assert_fate (&self->server, NFS_SERVER_ENDED);
}

static void
another_that_has_the_number_by_now_is_not_it_and_lives_on (void **state)
{
  Child *self = *state;

  self->server.start--;
  assert_fate (&self->server, NFS_SERVER_ENDED);
  assert_lives (self);
}

/* Small machines begin each time with the same numbers at the same ticks. */
static void
another_that_has_all_its_numbers_after_a_boot_is_not_it_and_lives_on (void **state)
{
  Child *self = *state;

  self->server.boot[0] = self->server.boot[0] == '0' ? '1' : '0';
  assert_fate (&self->server, NFS_SERVER_ENDED);
  assert_lives (self);
}

static void
of_another_pid_namespace_nothing_is_known_and_nobody_killed (void **state)
{
  Child *self = *state;

  self->server.pid_space++;
  assert_fate (&self->server, NFS_SERVER_ELSEWHERE);
  assert_lives (self);
  end (self);
  assert_fate (&self->server, NFS_SERVER_ELSEWHERE);
}

/* By its clock everybody has begun at another time. */
static void
of_another_time_namespace_only_the_end_is_known (void **state)
{
  Child *self = *state;

  self->server.time_space++;
  assert_fate (&self->server, NFS_SERVER_ELSEWHERE);
  self->server.start--;
  assert_fate (&self->server, NFS_SERVER_ELSEWHERE);
  assert_lives (self);
  end (self);
  assert_fate (&self->server, NFS_SERVER_ENDED);
}

/* The first of a pid namespace, with the /proc of the one before. */
static int
look_from_within (void)
{
  Child *self = NULL;
  struct pollfd ended = { .events = POLLIN };
  int pidfd = -1;

  if (setup ((void **) &self) < 0)
    return 2;
  if (nfs_user_server_open (&self->server, &pidfd) != NFS_SERVER_ELSEWHERE)
    return 1;
  ended.fd = self->pidfd;
  if (kill (self->pid, SIGKILL) < 0 || poll (&ended, 1, 30000) != 1)
    return 2;
  return nfs_user_server_open (&self->server, &pidfd) == NFS_SERVER_ENDED ? 0 : 3;
}

static void
where_proc_is_of_another_namespace_only_the_end_is_known (void **state)
{
  pid_namespace_look (look_from_within);
}

static void
without_descriptors_nobody_has_ended (void **state)
{
  Child *self = *state;

  for (rlim_t n = 0; n < 2; n++)
    {
      int opened = 0;
      NfsServerFate fate = NFS_SERVER_ENDED;
      NfsServerFate its_end = NFS_SERVER_ENDED;

      look_with_few_descriptors (&self->server, n, &opened, &fate, &its_end);
      assert_int_equal (opened, -1);
      assert_int_equal (fate, NFS_SERVER_UNKNOWN);
      assert_int_equal (its_end, NFS_SERVER_UNKNOWN);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (one_that_lives_is_found, setup, teardown),
    cmocka_unit_test_setup_teardown (its_record_names_it, setup, teardown),
    cmocka_unit_test_setup_teardown (the_record_of_an_earlier_version_names_it, setup, teardown),
    cmocka_unit_test_setup_teardown (one_that_is_killed_has_ended_before_and_after_it_is_reaped, setup, teardown),
    cmocka_unit_test_setup_teardown (another_that_has_the_number_by_now_is_not_it_and_lives_on, setup, teardown),
    cmocka_unit_test_setup_teardown (another_that_has_all_its_numbers_after_a_boot_is_not_it_and_lives_on, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (of_another_pid_namespace_nothing_is_known_and_nobody_killed, setup, teardown),
    cmocka_unit_test_setup_teardown (of_another_time_namespace_only_the_end_is_known, setup, teardown),
    cmocka_unit_test (where_proc_is_of_another_namespace_only_the_end_is_known),
    cmocka_unit_test_setup_teardown (without_descriptors_nobody_has_ended, setup, teardown),
  };

  return cmocka_run_group_tests_name ("the process that a record names", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kvol-nfs may still do once it is confined, done by a child that is. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "confine.h"
#include "support/scratch.h"

typedef gboolean (*Act) (void);

/* The child answers whether @act was as it should be. */
static void
assert_confined (Act act)
{
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (!confine (FALSE, &(gsize){ 0 }, NULL) ? 2 : act () ? 0 : 1);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
}

static gboolean
is_refused (long result)
{
  return result < 0 && errno == EPERM;
}

#define NO_NAMESPACES 77

/* In a user namespace it stays who it is, of which the kernel thinks nothing. */
static int
confine_in_namespace (void)
{
  if (unshare (CLONE_NEWUSER) < 0)
    return NO_NAMESPACES;
  if (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || !confine (FALSE, &(gsize){ 0 }, NULL))
    return 2;
  return prctl (PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1;
}

static void
nobody_of_its_user_looks_into_it (void **state)
{
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (confine_in_namespace ());
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == NO_NAMESPACES)
    skip_because ("this machine allows no user namespace here");
  assert_int_equal (WEXITSTATUS (status), 0);
}

static gboolean
make_sockets (void)
{
  return socket (AF_INET, SOCK_STREAM, 0) >= 0 && !is_refused (socket (AF_INET6, SOCK_STREAM, 0))
         && socket (AF_UNIX, SOCK_STREAM, 0) >= 0 && is_refused (socket (AF_NETLINK, SOCK_RAW, 0))
         && is_refused (socket (AF_PACKET, SOCK_RAW, 0));
}

static void
it_makes_sockets_for_addresses_and_the_log_only (void **state)
{
  assert_confined (make_sockets);
}

static gpointer
answer (gpointer data)
{
  return data;
}

static gboolean
make_threads (void)
{
  return g_thread_join (g_thread_new ("thread", answer, GINT_TO_POINTER (7))) == GINT_TO_POINTER (7)
         && is_refused (syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL))
         && syscall (SYS_clone3, NULL, 0) < 0 && errno == ENOSYS;
}

static void
it_makes_threads_but_no_namespaces (void **state)
{
  assert_confined (make_threads);
}

static gboolean
send_signals (void)
{
  return syscall (SYS_tgkill, getpid (), gettid (), 0) == 0
         && is_refused (syscall (SYS_tgkill, getppid (), getppid (), 0))
         && is_refused (syscall (SYS_kill, getppid (), 0));
}

static void
it_sends_signals_to_itself_only (void **state)
{
  assert_confined (send_signals);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nobody_of_its_user_looks_into_it),
    cmocka_unit_test (it_makes_sockets_for_addresses_and_the_log_only),
    cmocka_unit_test (it_makes_threads_but_no_namespaces),
    cmocka_unit_test (it_sends_signals_to_itself_only),
  };

  return cmocka_run_group_tests_name ("confinement", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a process that somebody else has written down is there still. */
#include "sys/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/pid-namespace.h"
#include "support/scratch.h"

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
  assert_false (sys_process_is_elsewhere (&child.process));
  child.process.pid_space++;
  assert_true (sys_process_is_elsewhere (&child.process));
  child_kill (&child);
  child_reap (&child);
  assert_false (sys_process_has_ended (&child.process));
}

typedef struct
{
  GMutex lock;
  GCond changed;
  pid_t tid; /* 0: not known yet */
  gboolean over;
} Thread;

static gpointer
run_thread (gpointer data)
{
  Thread *self = data;

  g_mutex_lock (&self->lock);
  self->tid = (pid_t) syscall (SYS_gettid);
  g_cond_broadcast (&self->changed);
  while (!self->over)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* Threads have their numbers from where processes have theirs. */
static void
a_thread_that_has_the_number_by_now_is_not_it (void **state)
{
  Thread thread = { 0 };
  GThread *handle = g_thread_new ("the next", run_thread, &thread);
  gboolean ended;
  Child child;

  g_mutex_lock (&thread.lock);
  while (thread.tid == 0)
    g_cond_wait (&thread.changed, &thread.lock);
  child_start (&child);
  child_kill (&child);
  child_reap (&child);
  child.process.pid = (guint64) thread.tid;
  ended = sys_process_has_ended (&child.process);
  thread.over = TRUE;
  g_cond_broadcast (&thread.changed);
  g_mutex_unlock (&thread.lock);
  g_thread_join (handle);
  assert_true (ended);
}

/* The first of a pid namespace, with the /proc of the one before, where another is the first. */
static int
look_from_within (void)
{
  SysProcess process = { .pid = (guint64) getpid (), .start = G_MAXUINT64 };
  struct stat space;

  if (process.pid != 1 || stat ("/proc/self/ns/pid", &space) < 0)
    return 2;
  process.pid_space = space.st_ino;
  return sys_process_has_ended (&process) ? 1 : 0;
}

static void
where_proc_is_of_another_namespace_nobody_is_taken_for_it (void **state)
{
  pid_namespace_look (look_from_within);
}

/* In a time namespace whose machine was booted earlier. */
static int
look_by_another_clock (const SysProcess *lives)
{
  static const char offset[] = "boottime 1000 0";
  int fd = open ("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  pid_t inner;
  int status;

  if (fd < 0 || write (fd, offset, strlen (offset)) < 0)
    return 2;
  inner = fork ();
  if (inner == 0)
    _exit (sys_process_has_ended (lives) ? 1 : 0);
  return inner > 0 && waitpid (inner, &status, 0) == inner && WIFEXITED (status) ? WEXITSTATUS (status) : 2;
}

static void
by_another_clock_nobody_has_ended (void **state)
{
  Child child;
  pid_t outer;
  int status;

  child_start (&child);
  outer = fork ();
  if (outer == 0)
    _exit (unshare (CLONE_NEWTIME) < 0 ? 77 : look_by_another_clock (&child.process));
  assert_int_equal (waitpid (outer, &status, 0), outer);
  child_kill (&child);
  child_reap (&child);
  assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == 77)
    skip_because ("a time namespace takes CAP_SYS_ADMIN, and a kernel that has such");
  assert_int_equal (WEXITSTATUS (status), 0);
}

static void
who_has_ended_has_so_by_every_clock (void **state)
{
  Child child;

  child_start (&child);
  child.process.time_space++;
  child.process.start--;
  assert_true (sys_process_is_elsewhere (&child.process));
  assert_false (sys_process_has_ended (&child.process));
  child_kill (&child);
  assert_true (sys_process_has_ended (&child.process));
  child_reap (&child);
  assert_true (sys_process_has_ended (&child.process));
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
    cmocka_unit_test (a_thread_that_has_the_number_by_now_is_not_it),
    cmocka_unit_test (where_proc_is_of_another_namespace_nobody_is_taken_for_it),
    cmocka_unit_test (of_another_pid_namespace_nothing_is_known),
    cmocka_unit_test (by_another_clock_nobody_has_ended),
    cmocka_unit_test (who_has_ended_has_so_by_every_clock),
    cmocka_unit_test (what_is_no_pidfd_has_no_process),
  };

  return cmocka_run_group_tests_name ("processes that are written down", tests, NULL, NULL);
}

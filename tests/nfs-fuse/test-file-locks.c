/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks of fcntl(2) and flock(2) through volumes of kvol-nfs: one export, mounted twice, as two pods have it. */
#include "nfs-fuse/two-pods.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/own-net.h"
#include "support/scratch.h"

#define GRACE_SECONDS 2

/* The lock that is in the way of a whole one. */
static struct flock
get_conflict (int fd)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  assert_int_equal (fcntl (fd, F_GETLK, &lock), 0);
  return lock;
}

/* Until the process sleeps in the call for a lock. */
static void
await_sleep (pid_t child)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/syscall", (int) child);
  g_autofree char *text = NULL;
  const gint64 until = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (!g_file_get_contents (path, &text, NULL, NULL) || (atoi (text) != SYS_fcntl && atoi (text) != SYS_flock))
    {
      assert_true (g_get_monotonic_time () < until);
      g_usleep (1000);
      g_clear_pointer (&text, g_free);
    }
}

static int
wait_for_range (int fd)
{
  return lock_by (fd, F_SETLKW, F_WRLCK, 0, 10);
}

static int
wait_for_whole (int fd)
{
  return lock_whole (fd, LOCK_EX);
}

static void
on_signal (int number)
{
}

/* An interrupted wait is not begun again. */
static int
wait_for_range_or_signal (int fd)
{
  const struct sigaction action = { .sa_handler = on_signal };

  sigaction (SIGUSR1, &action, NULL);
  return wait_for_range (fd);
}

/* ---- tests ---- */

static void
ranges_exclude_each_other_across_pods (void **state)
{
  Pods *pods = *state;
  struct flock conflict;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (get_conflict (pods->files[1]).l_type, F_UNLCK);
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 100, 50), 0);
  assert_int_equal (lock_range (pods->files[1], F_RDLCK, 149, 1), EAGAIN);
  assert_int_equal (lock_range (pods->files[1], F_RDLCK, 150, 0), 0);
  conflict = get_conflict (pods->files[1]);
  assert_int_equal (conflict.l_type, F_WRLCK);
  assert_int_equal (conflict.l_start, 100);
  assert_int_equal (conflict.l_len, 50);
  assert_int_equal (lock_range (pods->files[0], F_RDLCK, 150, 0), 0);
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 1000, 1), EAGAIN);
  assert_int_equal (lock_range (pods->files[0], F_UNLCK, 120, 10), 0);
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 120, 10), 0);
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 119, 1), EAGAIN);
}

static void
whole_files_exclude_each_other_across_pods (void **state)
{
  Pods *pods = *state;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (lock_whole (pods->files[0], LOCK_SH | LOCK_NB), 0);
  assert_int_equal (lock_whole (pods->files[1], LOCK_SH | LOCK_NB), 0);
  assert_int_equal (lock_whole (pods->files[1], LOCK_EX | LOCK_NB), EWOULDBLOCK);
  assert_int_equal (lock_whole (pods->files[0], LOCK_UN), 0);
  assert_int_equal (lock_whole (pods->files[1], LOCK_EX | LOCK_NB), 0);
  assert_int_equal (lock_whole (pods->files[0], LOCK_SH | LOCK_NB), EWOULDBLOCK);
}

static void
a_process_that_waits_gets_the_lock_when_the_other_pod_gives_it_up (void **state)
{
  Pods *pods = *state;
  pid_t range;
  pid_t whole;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 0, 0), 0);
  range = process_start (&pods->volumes[1], "file", wait_for_range);
  await_sleep (range);
  assert_int_equal (waitpid (range, NULL, WNOHANG), 0);
  assert_int_equal (lock_range (pods->files[0], F_UNLCK, 0, 0), 0);
  assert_int_equal (process_await (range), 0);
  assert_int_equal (lock_whole (pods->files[0], LOCK_EX), 0);
  whole = process_start (&pods->volumes[1], "file", wait_for_whole);
  await_sleep (whole);
  assert_int_equal (lock_whole (pods->files[0], LOCK_UN), 0);
  assert_int_equal (process_await (whole), 0);
}

static void
a_signal_ends_the_wait_and_nothing_is_locked_then (void **state)
{
  Pods *pods = *state;
  pid_t waiting;
  pid_t dying;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 0, 10), 0);
  waiting = process_start (&pods->volumes[1], "file", wait_for_range_or_signal);
  await_sleep (waiting);
  assert_int_equal (kill (waiting, SIGUSR1), 0);
  assert_int_equal (process_await (waiting), EINTR);
  dying = process_start (&pods->volumes[1], "file", wait_for_range);
  await_sleep (dying);
  assert_int_equal (kill (dying, SIGKILL), 0);
  assert_int_equal (process_await (dying), 256 + SIGKILL);
  assert_int_equal (lock_range (pods->files[0], F_UNLCK, 0, 10), 0);
  /* After whatever else the module may have asked. */
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 100, 1), 0);
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 0, 10), 0);
}

static void
closing_a_file_gives_up_what_was_locked_by_it (void **state)
{
  Pods *pods = *state;
  int again;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  again = served_open_file (&pods->volumes[0], "file", O_RDWR | O_CREAT);
  assert_int_equal (lock_range (again, F_WRLCK, 0, 0), 0);
  /* Any of its files: all that the process has locked of it is given up. */
  close (served_open_file (&pods->volumes[0], "file", O_RDWR | O_CREAT));
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 0, 0), 0);
  assert_int_equal (lock_range (pods->files[1], F_UNLCK, 0, 0), 0);
  assert_int_equal (lock_whole (again, LOCK_EX | LOCK_NB), 0);
  assert_int_equal (lock_whole (pods->files[1], LOCK_SH | LOCK_NB), EWOULDBLOCK);
  close (again);
  /* The kernel tells of the last close of an open file when it finds the time. */
  assert_int_equal (lock_whole (pods->files[1], LOCK_EX), 0);
  assert_int_equal (lock_whole (pods->files[1], LOCK_UN), 0);
  again = served_open_file (&pods->volumes[0], "file", O_RDWR | O_CREAT);
  assert_int_equal (lock_by (again, F_OFD_SETLK, F_WRLCK, 0, 10), 0);
  close (served_open_file (&pods->volumes[0], "file", O_RDWR | O_CREAT));
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 0, 10), EAGAIN);
  close (again);
  assert_int_equal (wait_for_range (pods->files[1]), 0);
}

static int
lock_and_die (int fd)
{
  if (lock_range (fd, F_WRLCK, 0, 10) == 0)
    kill (getpid (), SIGKILL);
  return 1;
}

static void
assert_line (const char *text, const char *line)
{
  if (strstr (text, line) == NULL)
    fail_msg ("\"%s\" is not in: %s", line, text);
}

/* Before it says that it serves; so no thread comes from before that. */
static void
every_thread_of_a_server_with_locks_is_confined (void **state)
{
  Pods *pods = *state;
  g_autofree char *path = NULL;
  g_autoptr (GDir) tasks = NULL;
  const char *task;
  int n = 0;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 0, 10), 0);
  path = g_strdup_printf ("/proc/%d/task", (int) pods->volumes[1].pid);
  tasks = g_dir_open (path, 0, NULL);
  assert_non_null (tasks);
  while ((task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *status = g_build_filename (path, task, "status", NULL);
      g_autofree char *text = NULL;

      if (!g_file_get_contents (status, &text, NULL, NULL))
        continue;
      assert_line (text, "\nSeccomp:\t2\n");
      assert_line (text, "\nNoNewPrivs:\t1\n");
      assert_line (text, "\nUid:\t65534\t65534\t65534\t65534\n");
      assert_line (text, "\nCapEff:\t0000000000000400\n");
      n++;
    }
  assert_true (n >= 3);
}

static void
a_process_that_is_killed_keeps_no_lock (void **state)
{
  Pods *pods = *state;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  assert_int_equal (process_await (process_start (&pods->volumes[0], "file", lock_and_die)), 256 + SIGKILL);
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 0, 10), 0);
}

/* What is kept in a record outlives its process. */
static void
a_successor_gives_up_what_a_killed_server_had_locked (void **state)
{
  Pods *pods = *state;
  g_auto (Served) first = { 0 };
  g_auto (Served) second = { 0 };
  g_autofree char *dir = scratch_dir ("record");
  g_autofree char *path = g_build_filename (dir, "record", NULL);
  KVOL_AUTO_FD file = -1;
  KVOL_AUTO_FD record = -1;
  g_autofree char *text = NULL;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  /* Handed on: it is the servers'. */
  record = open (path, O_RDWR | O_CREAT, 0600);
  assert_true (record >= 0);
  text = g_strdup_printf ("--record-fd=%d", record);

  const char *const arguments[] = { pods_with_locks[0], text, NULL };

  served_start (&first, arguments);
  file = served_open_file (&first, "file", O_RDWR | O_CREAT);
  assert_int_equal (lock_range (file, F_WRLCK, 0, 10), 0);
  assert_int_equal (kill (first.pid, SIGKILL), 0);
  assert_true (served_await_end (&first, 10000));
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 0, 10), EAGAIN);
  served_start (&second, arguments);
  assert_int_equal (wait_for_range (pods->files[1]), 0);
}

static void
locks_are_there_again_after_the_restart_of_their_server (void **state)
{
  Pods *pods = *state;
  pid_t waiting;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, GRACE_SECONDS))
    skip ();
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 0, 10), 0);
  assert_true (nfs_server_kill (pods->export.server, NULL));
  assert_true (nfs_server_restart (pods->export.server, NULL));
  /* Answered when the time of grace is over. */
  assert_int_equal (lock_range (pods->files[1], F_RDLCK, 5, 1), EAGAIN);
  assert_int_equal (lock_range (pods->files[1], F_WRLCK, 10, 1), 0);
  waiting = process_start (&pods->volumes[1], "file", wait_for_range);
  await_sleep (waiting);
  assert_int_equal (lock_range (pods->files[0], F_UNLCK, 0, 0), 0);
  assert_int_equal (process_await (waiting), 0);
}

static void
a_server_that_gives_no_locks_serves_all_the_same_and_locks_fail_with_ENOLCK (void **state)
{
  Pods *pods = *state;

  if (!pods_open (pods, NFS_LOCKS_DENIED, 0))
    skip ();
  assert_int_equal (lock_range (pods->files[0], F_WRLCK, 0, 10), ENOLCK);
  assert_int_equal (lock_whole (pods->files[0], LOCK_EX), ENOLCK);
  assert_int_equal (write (pods->files[0], "data", 4), 4);
}

/* Each kind is the server's or this kernel's, as it was said. */
static void
what_is_to_stay_on_this_node_is_no_matter_of_the_servers (void **state)
{
  static const char *const posix[] = { "--server-locks=posix", NULL };
  Pods *pods = *state;
  g_auto (Served) half = { 0 };
  g_auto (Served) none = { 0 };
  KVOL_AUTO_FD file = -1;
  KVOL_AUTO_FD local = -1;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  served_start (&half, posix);
  served_start (&none, NULL);
  file = served_open_file (&half, "file", O_RDWR | O_CREAT);
  local = served_open_file (&none, "file", O_RDWR | O_CREAT);
  assert_int_equal (lock_whole (pods->files[0], LOCK_EX), 0);
  assert_int_equal (lock_whole (file, LOCK_EX | LOCK_NB), 0);
  assert_int_equal (lock_range (file, F_WRLCK, 0, 10), EAGAIN);
  assert_int_equal (lock_range (local, F_WRLCK, 0, 10), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (pods, ranges_exclude_each_other_across_pods),
    TEST_ON (pods, whole_files_exclude_each_other_across_pods),
    TEST_ON (pods, a_process_that_waits_gets_the_lock_when_the_other_pod_gives_it_up),
    TEST_ON (pods, a_signal_ends_the_wait_and_nothing_is_locked_then),
    TEST_ON (pods, closing_a_file_gives_up_what_was_locked_by_it),
    TEST_ON (pods, every_thread_of_a_server_with_locks_is_confined),
    TEST_ON (pods, a_process_that_is_killed_keeps_no_lock),
    TEST_ON (pods, a_successor_gives_up_what_a_killed_server_had_locked),
    TEST_ON (pods, locks_are_there_again_after_the_restart_of_their_server),
    TEST_ON (pods, a_server_that_gives_no_locks_serves_all_the_same_and_locks_fail_with_ENOLCK),
    TEST_ON (pods, what_is_to_stay_on_this_node_is_no_matter_of_the_servers),
  };

  return own_net_run ("locks through kvol-nfs", tests);
}

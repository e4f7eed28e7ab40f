/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/user-servers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/scratch.h"

#define END_MSEC 10000
#define GUARD_FD 500

/* Whether the process is of this network namespace, and of the program. */
static gboolean
is_ours (int pid, const char *program)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", pid);
  g_autofree char *net = g_strdup_printf ("/proc/%d/ns/net", pid);
  g_autofree char *link = g_file_read_link (net, NULL);
  g_autofree char *mine = g_file_read_link ("/proc/self/ns/net", NULL);
  g_autofree char *comm = NULL;

  return g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (g_strchomp (comm), program)
         && g_strcmp0 (link, mine) == 0;
}

static GArray *
list (const char *program)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (int));
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      int pid = atoi (name);

      if (pid > 0 && is_ours (pid, program))
        g_array_append_val (pids, pid);
    }
  return pids;
}

GArray *
user_servers_list (void)
{
  return list ("kvol-nfs");
}

int
user_servers_get (void)
{
  g_autoptr (GArray) pids = user_servers_list ();

  assert_int_equal (pids->len, 1);
  return g_array_index (pids, int, 0);
}

int
user_servers_kill (void)
{
  int pid = user_servers_get ();
  KVOL_AUTO_FD life = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd ended = { .fd = life, .events = POLLIN };

  assert_int_equal (kill (pid, SIGKILL), 0);
  assert_int_equal (poll (&ended, 1, END_MSEC), 1);
  return pid;
}

static guint
count_threads (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", user_servers_get ());
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  assert_non_null (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, "comm", NULL);

      n += file_has (file, "serve\n");
    }
  return n;
}

/* A thread has its name a moment after it was started. */
guint
user_servers_await_threads (guint wanted)
{
  const gint64 deadline = g_get_monotonic_time () + END_MSEC * G_TIME_SPAN_MILLISECOND;

  while (count_threads () < wanted && g_get_monotonic_time () < deadline)
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  return count_threads ();
}

void
assert_no_user_server (void)
{
  g_autoptr (GArray) pids = user_servers_list ();

  assert_int_equal (pids->len, 0);
}

/* ---- those that are left ---- */

/* FALSE: there is none, or one that does not end. */
static gboolean
end_all (const char *program)
{
  g_autoptr (GArray) pids = list (program);
  gboolean ended_all = TRUE;

  for (guint i = 0; i < pids->len; i++)
    {
      int pid = g_array_index (pids, int, i);
      KVOL_AUTO_FD life = (int) syscall (SYS_pidfd_open, pid, 0);
      struct pollfd ended = { .fd = life, .events = POLLIN };

      /* Once it is held the number cannot become another's. */
      if (life < 0 || !is_ours (pid, program))
        continue;
      syscall (SYS_pidfd_send_signal, life, SIGKILL, NULL, 0);
      ended_all = poll (&ended, 1, END_MSEC) > 0 && ended_all;
    }
  return pids->len > 0 && ended_all;
}

guint
user_servers_end (void)
{
  g_autoptr (GArray) pids = user_servers_list ();

  end_all ("kvol-nfs");
  return pids->len;
}

void
user_servers_guard (void)
{
  KVOL_AUTO_FD test = (int) syscall (SYS_pidfd_open, getpid (), 0);
  struct pollfd ended = { .events = POLLIN };

  if (test < 0 || fork () != 0)
    return;
  /* Whoever ends a test that takes too long ends its process group. */
  setsid ();
  /* Whatever else is open here would keep a volume busy, and who reads what the test says waiting. */
  ended.fd = fcntl (test, F_DUPFD, GUARD_FD);
  syscall (SYS_close_range, 0, GUARD_FD - 1, 0);
  while (poll (&ended, 1, -1) < 0 && errno == EINTR)
    continue;
  /* A worker that is left may be about to start one. */
  while (end_all ("kvol-worker") || end_all ("kvol-nfs"))
    continue;
  _exit (0);
}

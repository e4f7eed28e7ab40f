/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that stay when this process is gone. */
#include "sys/server.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-error.h>

#include "support/scratch.h"
#include "sys/cgroup.h"

/* Runs a line of shell with two pipes, waits for its end, and answers what came through each. */
static void
run (const char *line, char **ret_three, char **ret_four)
{
  const char *const argv[] = { "/bin/sh", "-c", line, NULL };
  g_autoptr (GError) error = NULL;
  char buffer[2][256] = { { 0 } };
  int first[2], second[2], pidfd;
  struct pollfd wait;

  assert_int_equal (pipe2 (first, O_CLOEXEC) + pipe2 (second, O_CLOEXEC), 0);

  const int fds[] = { first[1], second[1] };

  pidfd = sys_server_spawn (argv, fds, G_N_ELEMENTS (fds), &error);
  assert_true (pidfd >= 0);
  close (first[1]);
  close (second[1]);
  wait = (struct pollfd){ .fd = pidfd, .events = POLLIN };
  assert_int_equal (poll (&wait, 1, 10000), 1);
  assert_true (read (first[0], buffer[0], sizeof buffer[0] - 1) >= 0);
  assert_true (read (second[0], buffer[1], sizeof buffer[1] - 1) >= 0);
  close (first[0]);
  close (second[0]);
  close (pidfd);
  *ret_three = g_strdup (g_strchomp (buffer[0]));
  *ret_four = g_strdup (g_strchomp (buffer[1]));
}

static void
it_has_the_descriptors_in_their_order_and_no_others (void **state)
{
  g_autofree char *three = NULL;
  g_autofree char *four = NULL;

  run ("echo three >&3; for fd in 5 6 7 8 9; do test -e /proc/$$/fd/$fd && echo has $fd >&4; done; echo four >&4",
       &three, &four);
  assert_string_equal (three, "three");
  assert_string_equal (four, "four");
}

static void
it_leads_a_session_of_its_own (void **state)
{
  g_autofree char *pid = NULL;
  g_autofree char *session = NULL;

  run ("echo $$ >&3; set -- $(cat /proc/$$/stat); echo $6 >&4", &pid, &session);
  assert_string_equal (pid, session);
}

static void
it_has_a_clean_environment (void **state)
{
  g_autofree char *home = NULL;
  g_autofree char *path = NULL;

  run ("echo \"<$HOME>\" >&3; echo $PATH >&4", &home, &path);
  assert_string_equal (home, "<>");
  assert_string_equal (path, "/usr/sbin:/usr/bin:/sbin:/bin");
}

/* ---- its place ---- */

#define MEMORY "/sys/fs/cgroup/memory"

/* The path of the group of @who in the hierarchy of v1's memory controller; NULL: there is none. */
static char *
memory_group_of (const char *who)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/cgroup", who);
  g_autofree char *text = NULL;
  char *at, *end;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  at = strstr (text, ":memory:");
  if (at == NULL)
    return NULL;
  at += strlen (":memory:");
  end = strchr (at, '\n');
  return g_strndup (at, end - at);
}

static gboolean
write_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);

  if (fd >= 0)
    close (fd);
  return done;
}

/* A server that lives until its descriptor 3 is closed at the other end. */
static int
start_waiting (int *ret_end, char **ret_pid)
{
  static const char *const argv[] = { "/bin/sh", "-c", "echo $$ >&4; read line <&3", NULL };
  char text[32] = "";
  int life[2], said[2], pidfd;

  assert_int_equal (pipe2 (life, O_CLOEXEC) + pipe2 (said, O_CLOEXEC), 0);

  const int fds[] = { life[0], said[1] };

  pidfd = sys_server_spawn (argv, fds, G_N_ELEMENTS (fds), NULL);
  assert_true (pidfd >= 0);
  assert_true (read (said[0], text, sizeof text - 1) > 0);
  close (life[0]);
  close (said[0]);
  close (said[1]);
  *ret_end = life[1];
  *ret_pid = g_strdup (g_strchomp (text));
  return pidfd;
}

static void
end_waiting (int pidfd, int end)
{
  struct pollfd wait = { .fd = pidfd, .events = POLLIN };

  close (end);
  assert_int_equal (poll (&wait, 1, 10000), 1);
  close (pidfd);
}

/* Whoever comes by removes the group of a server that has ended; the one who waits for its end does so, too. */
static void
assert_swept (const char *group)
{
  sys_cgroup_sweep ();
  for (int i = 0; access (group, F_OK) == 0 && i < 1000; i++)
    {
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
      sys_cgroup_sweep ();
    }
  assert_int_equal (access (group, F_OK), -1);
}

static void
assert_file (const char *dir, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *text = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_string_equal (g_strchomp (text), content);
}

static void
its_group_is_beside_this_process_s_and_never_below (void **state)
{
  g_autofree char *before = memory_group_of ("self");
  g_autofree char *old = before != NULL ? g_build_filename (MEMORY, before, NULL) : NULL;
  g_autofree char *top = old != NULL ? g_strdup_printf ("%s/kvol-test-%d", old, getpid ()) : NULL;
  g_autofree char *own = top != NULL ? g_build_filename (top, "agent", NULL) : NULL;
  g_autofree char *place = NULL;
  g_autofree char *wanted = NULL;
  g_autofree char *pid = NULL;
  int end, pidfd;

  if (top == NULL || mkdir (top, 0755) < 0)
    skip_because ("no group of the memory controller can be made here");
  assert_int_equal (mkdir (own, 0755), 0);
  assert_true (write_file (own, "cgroup.procs", "0"));
  pidfd = start_waiting (&end, &pid);
  place = memory_group_of (pid);
  wanted = g_strdup_printf ("%s/kvol-test-%d/kvol-server-%s", before, getpid (), pid);
  assert_string_equal (place, wanted);
  g_free (g_steal_pointer (&wanted));
  wanted = g_strdup_printf ("%s/kvol-server-%s", top, pid);
  {
    g_autofree char *limit_path = g_build_filename (wanted, "memory.limit_in_bytes", NULL);
    g_autofree char *limit = NULL;

    assert_true (g_file_get_contents (limit_path, &limit, NULL, NULL));
    assert_true (g_ascii_strtoull (limit, NULL, 10) <= 1 << 30);
  }
  end_waiting (pidfd, end);
  assert_swept (wanted);
  assert_true (write_file (old, "cgroup.procs", "0"));
  assert_int_equal (rmdir (own), 0);
  assert_int_equal (rmdir (top), 0);
}

static void
a_sweep_leaves_the_group_of_a_server_that_lives (void **state)
{
  g_autofree char *pid = NULL;
  g_autofree char *place = NULL;
  g_autofree char *then = NULL;
  int end, pidfd = start_waiting (&end, &pid);

  place = memory_group_of (pid);
  sys_cgroup_sweep ();
  then = memory_group_of (pid);
  end_waiting (pidfd, end);
  if (place == NULL)
    skip_because ("there is no memory controller of cgroup v1");
  assert_string_equal (place, then);
  g_free (g_steal_pointer (&then));
  then = g_build_filename (MEMORY, place, NULL);
  if (g_str_has_prefix (strrchr (then, '/'), "/kvol-server-"))
    assert_swept (then);
}

static void
the_kernel_s_killer_takes_it_late (void **state)
{
  g_autofree char *pid = NULL;
  g_autofree char *dir = NULL;
  int end, pidfd;

  if (!write_file ("/proc/self", "oom_score_adj", "-1"))
    skip_because ("to be spared takes real root and CAP_SYS_RESOURCE");
  assert_true (write_file ("/proc/self", "oom_score_adj", "0"));
  pidfd = start_waiting (&end, &pid);
  dir = g_strdup_printf ("/proc/%s", pid);
  assert_file (dir, "oom_score_adj", "-998");
  end_waiting (pidfd, end);
}

static void
it_does_not_keep_the_directory_of_who_starts_it (void **state)
{
  g_autofree char *before = g_get_current_dir ();
  g_autofree char *cwd = NULL;
  g_autofree char *root = NULL;

  assert_int_equal (chdir ("/tmp"), 0);
  run ("readlink /proc/$$/cwd >&3; readlink /proc/$$/root >&4", &cwd, &root);
  assert_int_equal (chdir (before), 0);
  assert_string_equal (cwd, "/");
  assert_string_equal (root, "/");
}

static void
no_signal_is_blocked_or_ignored (void **state)
{
  g_autofree char *blocked = NULL;
  g_autofree char *ignored = NULL;
  sigset_t all, old;

  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &old);
  signal (SIGHUP, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);
  run ("sed -n 's/^SigBlk:.//p' /proc/self/status >&3; sed -n 's/^SigIgn:.//p' /proc/self/status >&4", &blocked,
       &ignored);
  signal (SIGPIPE, SIG_DFL);
  signal (SIGHUP, SIG_DFL);
  sigprocmask (SIG_SETMASK, &old, NULL);
  assert_string_equal (blocked, "0000000000000000");
  /* Two are glibc's own, which has them ignored until there are threads; a shell may ignore SIGQUIT (busybox). */
  assert_int_equal (g_ascii_strtoull (ignored, NULL, 16) & ~(3ull << 31 | 1ull << (SIGQUIT - 1)), 0);
}

typedef struct
{
  int nice;
  struct rlimit time;
  struct rlimit size;
  struct rlimit core;
} Limits;

static void
get_limits (pid_t pid, Limits *ret_limits)
{
  ret_limits->nice = getpriority (PRIO_PROCESS, (id_t) pid);
  assert_int_equal (prlimit (pid, RLIMIT_CPU, NULL, &ret_limits->time), 0);
  assert_int_equal (prlimit (pid, RLIMIT_FSIZE, NULL, &ret_limits->size), 0);
  assert_int_equal (prlimit (pid, RLIMIT_CORE, NULL, &ret_limits->core), 0);
}

/* In a child, as not everybody may lift his own limits again. Answers the status to exit with. */
static int
start_limited (gboolean by_root)
{
  const struct rlimit few = { 1000, 1000000 };
  g_autofree char *pid = NULL;
  Limits found;
  int end, pidfd;

  setpriority (PRIO_PROCESS, 0, 7);
  setrlimit (RLIMIT_CPU, &few);
  setrlimit (RLIMIT_FSIZE, &few);
  pidfd = start_waiting (&end, &pid);
  get_limits (atoi (pid), &found);
  end_waiting (pidfd, end);
  if (found.core.rlim_cur != 0 || found.core.rlim_max != 0)
    return 1;
  if (by_root)
    return found.nice == 0 && found.time.rlim_cur == RLIM_INFINITY && found.size.rlim_cur == RLIM_INFINITY ? 0 : 2;
  return found.time.rlim_cur >= few.rlim_max && found.size.rlim_cur >= few.rlim_max ? 0 : 3;
}

static void
the_limits_of_who_starts_it_are_not_its (void **state)
{
  gboolean by_root = write_file ("/proc/self", "oom_score_adj", "-1");
  pid_t child;
  int status = -1;

  if (by_root)
    assert_true (write_file ("/proc/self", "oom_score_adj", "0"));
  child = fork ();
  if (child == 0)
    _exit (start_limited (by_root));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
}

static void
a_missing_program_is_not_supported (void **state)
{
  const char *const argv[] = { "/nonexistent/server", NULL };
  g_autoptr (GError) error = NULL;

  assert_int_equal (sys_server_spawn (argv, NULL, 0, &error), -1);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_string_equal (error->message, "cannot start \"/nonexistent/server\": No such file or directory");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (it_has_the_descriptors_in_their_order_and_no_others),
    cmocka_unit_test (it_leads_a_session_of_its_own),
    cmocka_unit_test (it_has_a_clean_environment),
    cmocka_unit_test (its_group_is_beside_this_process_s_and_never_below),
    cmocka_unit_test (a_sweep_leaves_the_group_of_a_server_that_lives),
    cmocka_unit_test (the_kernel_s_killer_takes_it_late),
    cmocka_unit_test (it_does_not_keep_the_directory_of_who_starts_it),
    cmocka_unit_test (no_signal_is_blocked_or_ignored),
    cmocka_unit_test (the_limits_of_who_starts_it_are_not_its),
    cmocka_unit_test (a_missing_program_is_not_supported),
  };

  const char *reason = NULL;

  /* What it says, if it cannot, is the reason why some skip. */
  if (!scratch_enter (&reason))
    print_message ("# %s\n", reason);
  return cmocka_run_group_tests_name ("servers", tests, NULL, NULL);
}

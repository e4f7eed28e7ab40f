/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/program/process.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#define PASSED_FIRST 3
#define PASSED_MAX 8

static gboolean throw (GError * *error, const char *act)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", act, g_strerror (code));
  return FALSE;
}

int
process_open (pid_t pid)
{
  return syscall (SYS_pidfd_open, pid, 0);
}

/* The outer process: nothing but a link between the parent's life and the child's. */
static G_GNUC_NORETURN void
wait_for_either (int parent_fd, pid_t child)
{
  KVOL_AUTO_FD child_fd = process_open (child);
  struct pollfd fds[] = { { .fd = child_fd, .events = POLLIN }, { .fd = parent_fd, .events = POLLIN } };
  int status = 0;

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno == EINTR)
    continue;
  if (fds[0].revents == 0)
    kill (child, SIGKILL);
  waitpid (child, &status, 0);
  _exit (WIFEXITED (status) ? WEXITSTATUS (status) : 1);
}

gboolean
process_enclose (pid_t parent, GError **error)
{
  KVOL_AUTO_FD parent_fd = parent == 0 ? -1 : process_open (parent);
  KVOL_AUTO_FD ours = -1;
  KVOL_AUTO_FD theirs = -1;
  struct pollfd alive = { .events = POLLHUP };
  int ends[2];
  pid_t child;

  if (parent != 0 && parent_fd < 0)
    return throw (error, "the parent is gone");
  if (pipe2 (ends, O_CLOEXEC) < 0 || unshare (CLONE_NEWPID) < 0)
    return throw (error, "make a process namespace");
  theirs = ends[0];
  ours = ends[1];
  child = fork ();
  if (child < 0)
    return throw (error, "fork");
  if (child > 0)
    wait_for_either (parent_fd, child);
  /* The outer process may have been killed before the call: then the pipe has lost its other end. */
  kvol_clear_fd (&ours);
  alive.fd = theirs;
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || poll (&alive, 1, 0) != 0)
    _exit (1);
  return TRUE;
}

/* ---- children ---- */

static void
unblock_signals (void)
{
  sigset_t none;

  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Moved out of the way first, as one may have the number that another is to get. */
static void
pass_descriptors (const int *passed)
{
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  g_autofree char *count = NULL;
  int moved[PASSED_MAX];
  int n = 0;

  for (; passed[n] >= 0 && n < PASSED_MAX; n++)
    moved[n] = fcntl (passed[n], F_DUPFD_CLOEXEC, PASSED_FIRST + PASSED_MAX);
  for (int i = 0; i < n; i++)
    dup2 (moved[i], PASSED_FIRST + i);
  count = g_strdup_printf ("%d", n);
  setenv ("LISTEN_PID", pid, 1);
  setenv ("LISTEN_FDS", count, 1);
}

static G_GNUC_NORETURN void
become (const char *const *argv, int output, const int *passed)
{
  const int nothing = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  unblock_signals ();
  dup2 (nothing, STDIN_FILENO);
  dup2 (output, STDOUT_FILENO);
  dup2 (output, STDERR_FILENO);
  if (passed != NULL)
    pass_descriptors (passed);
  execv (argv[0], (char *const *) argv);
  dprintf (STDERR_FILENO, " :FATAL :cannot run %s: %s\n", argv[0], g_strerror (errno));
  _exit (127);
}

pid_t
process_start (const char *const *argv, int output, const int *passed, GError **error)
{
  pid_t pid = fork ();

  if (pid == 0)
    become (argv, output, passed);
  if (pid < 0)
    throw (error, "fork");
  return pid;
}

pid_t
process_fork (ProcessMain function, gconstpointer data, GError **error)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      unblock_signals ();
      function (data);
      _exit (0);
    }
  if (pid < 0)
    throw (error, "fork");
  return pid;
}

void
process_kill (pid_t *pid)
{
  if (*pid <= 0)
    return;
  kill (*pid, SIGKILL);
  while (waitpid (*pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  *pid = 0;
}

void
process_stop (pid_t *pid, int msec)
{
  KVOL_AUTO_FD fd = *pid <= 0 ? -1 : process_open (*pid);
  struct pollfd ended = { .fd = fd, .events = POLLIN };

  if (fd >= 0 && kill (*pid, SIGTERM) == 0)
    poll (&ended, 1, msec);
  process_kill (pid);
}

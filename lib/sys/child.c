/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/await.h"

/* A killed process is gone within a millisecond, unless it sleeps uninterruptibly. */
#define KILL_USEC (100 * G_TIME_SPAN_MILLISECOND)

/* What the child has open. Descriptors of this process are O_CLOEXEC; closing all others as well is for those that a
 * foreign library has opened without. */
static int
add_descriptors (posix_spawn_file_actions_t *actions, int output_fd, int socket_fd)
{
  int failure = 0;

  if (output_fd >= 0)
    failure = posix_spawn_file_actions_adddup2 (actions, output_fd, STDERR_FILENO);
  if (failure == 0)
    failure = posix_spawn_file_actions_adddup2 (actions, STDERR_FILENO, STDOUT_FILENO);
  if (failure == 0)
    failure = posix_spawn_file_actions_addopen (actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (failure == 0 && socket_fd >= 0)
    failure = posix_spawn_file_actions_adddup2 (actions, socket_fd, 3);
  if (failure == 0)
    failure = posix_spawn_file_actions_addclosefrom_np (actions, socket_fd >= 0 ? 4 : 3);
  return failure;
}

static int
set_attributes (posix_spawnattr_t *attributes, SysChildFlags flags)
{
  short set = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  sigset_t none, all;

  sigemptyset (&none);
  sigfillset (&all);
  if (flags & SYS_CHILD_NEW_SESSION)
    set |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setsigmask (attributes, &none);
  posix_spawnattr_setsigdefault (attributes, &all);
  return posix_spawnattr_setflags (attributes, set);
}

/* Answers 0 or errno. */
static int
spawn (pid_t *ret_pid, const char *const *argv, const char *const *environment, int output_fd, int socket_fd,
       SysChildFlags flags)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failure = posix_spawn_file_actions_init (&actions);

  if (failure != 0)
    return failure;
  failure = posix_spawnattr_init (&attributes);
  if (failure == 0)
    {
      failure = add_descriptors (&actions, output_fd, socket_fd);
      if (failure == 0)
        failure = set_attributes (&attributes, flags);
      if (failure == 0)
        failure =
            posix_spawn (ret_pid, argv[0], &actions, &attributes, (char *const *) argv, (char *const *) environment);
      posix_spawnattr_destroy (&attributes);
    }
  posix_spawn_file_actions_destroy (&actions);
  return failure;
}

gboolean
sys_child_spawn (SysChild *ret_child, const char *const *argv, const char *const *environment, int output_fd,
                 int socket_fd, SysChildFlags flags, GError **error)
{
  SysChild child = { .pidfd = -1, .leads_group = (flags & SYS_CHILD_NEW_SESSION) != 0 };
  int failure = spawn (&child.pid, argv, environment, output_fd, socket_fd, flags);

  if (failure != 0)
    {
      g_autofree char *name = g_utf8_make_valid (argv[0], -1);
      gboolean is_short = failure == EAGAIN || failure == ENOMEM || failure == EMFILE || failure == ENFILE;

      /* A program that is missing is nothing that `optional` may swallow, so this is not ABSENT. */
      g_set_error (error, KVOL_ERROR, is_short ? KVOL_ERROR_TRANSIENT : KVOL_ERROR_NOT_SUPPORTED,
                   "cannot start \"%s\": %s", name, g_strerror (failure));
      return FALSE;
    }
  child.pidfd = (int) syscall (SYS_pidfd_open, child.pid, 0);
  if (child.pidfd < 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "cannot watch the program \"%s\": %s", argv[0],
                   g_strerror (errno));
      sys_child_clear (&child);
      return FALSE;
    }
  *ret_child = child;
  return TRUE;
}

char *
sys_child_end_describe (const SysChildEnd *end)
{
  switch (end->how)
    {
    case SYS_CHILD_EXITED:
      return g_strdup_printf ("exited with status %d", end->number);
    case SYS_CHILD_KILLED:
      return g_strdup_printf ("was killed by signal %d (%s)", end->number, g_strsignal (end->number));
    default:
      return g_strdup ("ended in a way that nobody knows");
    }
}

gboolean
sys_child_has_ended (SysChild *self, gint64 deadline_usec, SysChildEnd *ret_end)
{
  siginfo_t info = { 0 };

  if (sys_await (&self->pidfd, 1, deadline_usec, NULL, NULL) != 1)
    return FALSE;
  /* Another part of this process may have reaped it (waitpid(-1)), or ignores SIGCHLD. */
  if (waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
    *ret_end = (SysChildEnd){ SYS_CHILD_LOST, 0 };
  else
    *ret_end = (SysChildEnd){ info.si_code == CLD_EXITED ? SYS_CHILD_EXITED : SYS_CHILD_KILLED, info.si_status };
  return TRUE;
}

static gpointer
reap_in_background (gpointer data)
{
  siginfo_t info;

  TEMP_FAILURE_RETRY (waitid (P_PID, (id_t) GPOINTER_TO_INT (data), &info, WEXITED));
  return NULL;
}

static void
kill_child (const SysChild *self)
{
  siginfo_t info;

  /* Until it is reaped its number is its own, and its group's; a child that somebody else has reaped is left alone. */
  if (waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
    kill (self->leads_group ? -self->pid : self->pid, SIGKILL);
}

static gboolean
reap_now (const SysChild *self)
{
  siginfo_t info = { 0 };

  return waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG) < 0 || info.si_pid != 0;
}

void
sys_child_reap (SysChild *self)
{
  if (self->pid != 0)
    reap_now (self);
  if (self->pidfd >= 0)
    close (self->pidfd);
  *self = (SysChild) SYS_CHILD_INIT;
}

void
sys_child_clear (SysChild *self)
{
  GThread *reaper;

  if (self->pid != 0)
    {
      kill_child (self);
      if (self->pidfd >= 0)
        sys_await (&self->pidfd, 1, g_get_monotonic_time () + KILL_USEC, NULL, NULL);
      if (!reap_now (self))
        {
          /* Without a thread a zombie stays until this process ends: that hurts less than to wait here. */
          reaper = g_thread_try_new ("kvol-reaper", reap_in_background, GINT_TO_POINTER (self->pid), NULL);
          if (reaper != NULL)
            g_thread_unref (reaper);
        }
    }
  if (self->pidfd >= 0)
    close (self->pidfd);
  *self = (SysChild) SYS_CHILD_INIT;
}

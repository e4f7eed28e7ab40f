/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker ends with the process that started it, because its end of the socket is then hung up. PR_SET_PDEATHSIG
 * would not do: it follows the thread that started the worker, and threads of a pool come and go. */
#include "sys/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/error.h"

#define SOCKET_FD 3

/* From the hang-up of its socket, which a dying process does first, to its end. */
#define END_USEC (1 * G_TIME_SPAN_SECOND)

struct _SysWorker
{
  SysChild child;
  int socket_fd;
};

SysWorker *
sys_worker_spawn (const char *program, const char *const *args, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_auto (SysChild) child = SYS_CHILD_INIT;
  int ends[2];

  g_ptr_array_add (argv, (gpointer) program);
  for (gsize i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) args[i]);
  g_ptr_array_add (argv, NULL);

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    {
      sys_throw (error, "make a socket");
      return NULL;
    }

  KVOL_AUTO_FD ours = ends[0];
  KVOL_AUTO_FD theirs = ends[1];

  if (!sys_child_spawn (&child, (const char *const *) argv->pdata, (const char *const *) environ, -1, theirs,
                        SYS_CHILD_NEW_SESSION, error))
    return NULL;

  SysWorker *self = g_new0 (SysWorker, 1);

  self->child = child;
  self->socket_fd = g_steal_fd (&ours);
  child = (SysChild) SYS_CHILD_INIT;
  return self;
}

int
sys_worker_get_socket (SysWorker *self)
{
  return self->socket_fd;
}

int
sys_worker_dup_pidfd (SysWorker *self)
{
  return fcntl (self->child.pidfd, F_DUPFD_CLOEXEC, 0);
}

char *
sys_worker_dup_end (SysWorker *self)
{
  SysChildEnd end;

  if (!sys_child_has_ended (&self->child, g_get_monotonic_time () + END_USEC, &end))
    return g_strdup ("closed its socket");
  return sys_child_end_describe (&end);
}

void
sys_worker_free (SysWorker *self)
{
  sys_child_clear (&self->child);
  kvol_clear_fd (&self->socket_fd);
  g_free (self);
}

/* ---- the worker's end ---- */

static gpointer
end_with_the_other_end (gpointer data)
{
  struct pollfd polled = { .fd = SOCKET_FD, .events = POLLRDHUP };

  while (poll (&polled, 1, -1) < 0 && errno == EINTR)
    ;
  /* The group is the worker's own, unless somebody started this program by hand. */
  if (getpgrp () == getpid ())
    kill (0, SIGKILL);
  _exit (0);
}

int
sys_worker_begin (GError **error)
{
  /* A core file would hold the secrets of the volumes. */
  const struct rlimit no_core = { 0, 0 };
  int type = 0;
  socklen_t length = sizeof type;
  g_autoptr (GThread) watcher = NULL;

  if (getsockopt (SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_SEQPACKET)
    {
      g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                           "this program is started by libkvol and does nothing alone: descriptor 3 is not its socket");
      return -1;
    }
  /* Programs that the worker starts would keep the socket open after it. */
  if (fcntl (SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0 || setrlimit (RLIMIT_CORE, &no_core) < 0)
    return sys_throw_fd (error, "prepare the worker");
  watcher = g_thread_try_new ("kvol-parent", end_with_the_other_end, NULL, error);
  return watcher != NULL ? SOCKET_FD : -1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server has a session of its own, so it is in no process group that anybody here kills: a worker that ends takes the
 * programs of its group with it, and not this. While its parent lives a thread waits for the server's end, because a
 * zombie reads as a server that is there; afterwards init does.
 *
 * It must not be in the control group of this process either, which whoever stops the agent's service ends as a whole:
 * it is placed elsewhere before the caller hears of it, with a limit to its memory, as nobody else limits it. Machines
 * and users differ in what they allow of that; a server that stays where it is, serves all the same. */
#include "sys/server.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/cgroup.h"
#include "sys/error.h"
#include "sys/node.h"
#include "sys/scope.h"

#define FIRST_FD 3
#define SCOPE_USEC (5 * G_TIME_SPAN_SECOND)
/* Or half of the node's, if that is less. Of more kvol-nfs makes no use: it goes by GROUP_MOST, which is this number,
 * in plugins/nfs/server/confine.c. */
#define MEMORY_MAX (G_GUINT64_CONSTANT (1) << 30)
/* After all that the pods are, before what keeps the node: the kubelet gives -998 to what a pod cannot do without. */
#define OOM_SCORE "-998"

static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

static gpointer
reap (gpointer data)
{
  siginfo_t info;

  TEMP_FAILURE_RETRY (waitid (P_PID, (id_t) GPOINTER_TO_INT (data), &info, WEXITED));
  sys_cgroup_sweep ();
  return NULL;
}

static void
clear_copy (gpointer data)
{
  kvol_clear_fd (data);
}

/* Copies of @fds that lie above all places where the child will have them, so that none is overwritten. */
static GArray *
copy_fds (const int *fds, gsize n_fds, GError **error)
{
  g_autoptr (GArray) copies = g_array_new (FALSE, FALSE, sizeof (int));

  g_array_set_clear_func (copies, clear_copy);
  for (gsize i = 0; i < n_fds; i++)
    {
      int copy = fcntl (fds[i], F_DUPFD_CLOEXEC, FIRST_FD + (int) n_fds);

      if (copy < 0)
        {
          sys_throw (error, "copy a descriptor for a server");
          return NULL;
        }
      g_array_append_val (copies, copy);
    }
  return g_steal_pointer (&copies);
}

/* Answers 0 or errno. */
static int
add_descriptors (posix_spawn_file_actions_t *actions, const GArray *copies)
{
  int failure = posix_spawn_file_actions_addopen (actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);

  if (failure == 0)
    failure = posix_spawn_file_actions_adddup2 (actions, STDIN_FILENO, STDOUT_FILENO);
  if (failure == 0)
    failure = posix_spawn_file_actions_adddup2 (actions, STDIN_FILENO, STDERR_FILENO);
  for (guint i = 0; i < copies->len && failure == 0; i++)
    failure = posix_spawn_file_actions_adddup2 (actions, g_array_index (copies, int, i), FIRST_FD + (int) i);
  if (failure == 0)
    failure = posix_spawn_file_actions_addclosefrom_np (actions, FIRST_FD + (int) copies->len);
  return failure;
}

static int
spawn (pid_t *ret_pid, const char *const *argv, const GArray *copies)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  int failure = posix_spawn_file_actions_init (&actions);

  if (failure != 0)
    return failure;
  failure = posix_spawnattr_init (&attributes);
  if (failure == 0)
    {
      sigemptyset (&none);
      sigfillset (&all);
      posix_spawnattr_setsigmask (&attributes, &none);
      posix_spawnattr_setsigdefault (&attributes, &all);
      posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
      /* Where this process stands may be to be unmounted long before the server goes. */
      failure = posix_spawn_file_actions_addchdir_np (&actions, "/");
      if (failure == 0)
        failure = add_descriptors (&actions, copies);
      if (failure == 0)
        failure =
            posix_spawn (ret_pid, argv[0], &actions, &attributes, (char *const *) argv, (char *const *) environment);
      posix_spawnattr_destroy (&attributes);
    }
  posix_spawn_file_actions_destroy (&actions);
  return failure;
}

/* ---- its limits ---- */

static void
lift (pid_t pid, int resource)
{
  struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

  if (prlimit (pid, resource, &limit, NULL) == 0 || prlimit (pid, resource, NULL, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  prlimit (pid, resource, &limit, NULL);
}

/* Who limits the time or the files of a command that he types, or has it run when nobody else wants to, means that and
 * not the volumes of pods that live for months. A core would have what the pods read and write. Without
 * CAP_SYS_RESOURCE and CAP_SYS_NICE a server keeps what of it was meant for this process. */
static void
set_limits (pid_t pid)
{
  const struct rlimit none = { 0, 0 };

  lift (pid, RLIMIT_CPU);
  lift (pid, RLIMIT_FSIZE);
  prlimit (pid, RLIMIT_CORE, &none, NULL);
  /* It leads its group: so none of its threads is passed over. */
  setpriority (PRIO_PGRP, (id_t) pid, 0);
}

/* ---- its place ---- */

/* Takes CAP_SYS_RESOURCE; without it the server is as worthy as this process. */
static void
protect (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/oom_score_adj", (int) pid);
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0 || write (fd, OOM_SCORE, strlen (OOM_SCORE)) < 0)
    g_debug ("server %d is not kept from the kernel's killer: %s", (int) pid, g_strerror (errno));
}

static void
place (pid_t pid)
{
  const guint64 memory = MIN (MEMORY_MAX, sys_node_memory () / 2);
  const struct rlimit limit = { memory, memory };
  g_autoptr (GError) error = NULL;
  gboolean limited = FALSE;

  sys_cgroup_sweep ();
  if (sys_scope_is_offered ())
    {
      if (sys_scope_place (pid, memory, SCOPE_USEC, &error))
        return;
      g_warning ("%s; it gets a control group of its own", error->message);
    }
  if (!sys_cgroup_place (pid, memory, &limited))
    g_info ("server %d stays in this process's control group: there is no other that may be written", (int) pid);
  if (!limited)
    prlimit (pid, RLIMIT_DATA, &limit, NULL);
}

int
sys_server_spawn (const char *const *argv, const int *fds, gsize n_fds, GError **error)
{
  g_autoptr (GArray) copies = copy_fds (fds, n_fds, error);
  pid_t pid = 0;
  GThread *reaper;
  int pidfd;
  int failure;

  if (copies == NULL)
    return -1;
  failure = spawn (&pid, argv, copies);
  if (failure != 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "cannot start \"%s\": %s", argv[0],
                   g_strerror (failure));
      return -1;
    }
  pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (pidfd < 0)
    {
      sys_throw (error, "watch the server %s", argv[0]);
      kill (pid, SIGKILL);
    }
  else
    {
      set_limits (pid);
      protect (pid);
      place (pid);
    }
  reaper = g_thread_try_new ("kvol-reaper", reap, GINT_TO_POINTER (pid), NULL);
  if (reaper != NULL)
    g_thread_unref (reaper);
  return pidfd;
}

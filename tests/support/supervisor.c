/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parent's half: answers each notification, counts, and acts at its ordinal. A call that is let go on is made by
 * the child itself, so nothing but time differs from an unsupervised run. A killed child never makes the call that it
 * was killed at: the notification is waited for before the call, and the wait ends with the signal. */

#include "support/supervisor.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>
#include <kvol/kvol-macros.h>

#include "support/supervisor-filter.h"

/* Newer than the oldest headers: the child runs on the processor that the supervisor leaves. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW (4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* The kernel's structures may be longer than those of our headers. */
#define NOTIFICATION_ROOM 512

typedef struct
{
  const SupervisorPlan *plan;
  SupervisorResult *result;
  pid_t child;
  int pidfd;
  int listener;
  gboolean counting;
  gboolean paused;
  gint64 kill_at; /* monotonic; 0: do not */
} Supervisor;

static void
supervisor_clear (Supervisor *self)
{
  kvol_clear_fd (&self->pidfd);
  kvol_clear_fd (&self->listener);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Supervisor, supervisor_clear)

typedef union
{
  struct seccomp_notif notif;
  struct seccomp_notif_resp response;
  char room[NOTIFICATION_ROOM];
} Notification;

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "supervisor: %s: %s", what, g_strerror (errno));
  return FALSE;
}

/* ---- about one call ---- */

/* The string at @address of another process; it may lie at the end of what is mapped. */
static void
read_string (pid_t pid, guint64 address, char *text, gsize room)
{
  const gsize page = 4096;
  gsize done = 0;

  while (done < room - 1 && memchr (text, '\0', done) == NULL)
    {
      gsize length = MIN (room - 1 - done, page - (address + done) % page);
      struct iovec local = { text + done, length };
      struct iovec remote = { (void *) (gsize) (address + done), length };
      ssize_t n = process_vm_readv (pid, &local, 1, &remote, 1, 0);

      if (n <= 0)
        break;
      done += (gsize) n;
    }
  text[done] = '\0';
}

static void
read_path (const SupervisorCall *call, const struct seccomp_notif *notif, char *text, gsize room)
{
  text[0] = '\0';
  if (call->path_arg >= 0 && notif->data.args[call->path_arg] != 0)
    read_string ((pid_t) notif->pid, notif->data.args[call->path_arg], text, room);
}

static gboolean
is_below (const char *path, const char *start)
{
  gsize length = strlen (start);

  return strncmp (path, start, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static gboolean
concerns_file (const struct seccomp_notif *notif)
{
  char path[64];
  struct stat st;

  g_snprintf (path, sizeof path, "/proc/%u/fd/%d", notif->pid, (int) notif->data.args[0]);
  return stat (path, &st) == 0 && S_ISREG (st.st_mode);
}

static gboolean
counts (Supervisor *self, const SupervisorCall *call, const struct seccomp_notif *notif)
{
  const SupervisorPlan *plan = self->plan;
  char path[256];

  if (!self->counting && plan->start_path != NULL)
    {
      read_path (call, notif, path, sizeof path);
      self->counting = is_below (path, plan->start_path);
      if (self->counting && plan->kill_after_usec > 0)
        self->kill_at = g_get_monotonic_time () + plan->kill_after_usec;
    }
  if (!self->counting || self->paused || (plan->only_nr != 0 && plan->only_nr != call->nr))
    return FALSE;
  return !call->on_files || concerns_file (notif);
}

/* ---- acting ---- */

/* @caller: the thread that is to die too when it is not of the child's process group (a worker has its own session). */
static void
kill_all (Supervisor *self, pid_t caller)
{
  if (caller > 0)
    kill (caller, SIGKILL);
  kill (-self->child, SIGKILL);
  kill (self->child, SIGKILL);
}

static void
obey_prctl (Supervisor *self, const struct seccomp_notif *notif)
{
  guint64 order = notif->data.args[1];

  if (order == SUPERVISOR_PRCTL_PAUSE || order == SUPERVISOR_PRCTL_RESUME)
    {
      self->paused = order == SUPERVISOR_PRCTL_PAUSE;
      return;
    }
  self->counting = order == SUPERVISOR_PRCTL_BEGIN;
  self->kill_at = 0;
  if (self->counting && self->plan->kill_after_usec > 0)
    self->kill_at = g_get_monotonic_time () + self->plan->kill_after_usec;
}

static int
choose_error (const SupervisorPlan *plan, const SupervisorCall *call)
{
  if (plan->error != 0)
    return plan->error;
  return plan->error_index < G_N_ELEMENTS (call->errnos) ? call->errnos[plan->error_index] : 0;
}

static void
act (Supervisor *self, const SupervisorCall *call, const struct seccomp_notif *notif,
     struct seccomp_notif_resp *response)
{
  SupervisorResult *result = self->result;
  guint ordinal;

  if (!counts (self, call, notif))
    return;
  ordinal = ++result->total;
  result->counts[call->nr]++;
  if (self->plan->act == SUPERVISOR_COUNT || (self->plan->at != SUPERVISOR_EVERY && self->plan->at != ordinal))
    return;

  result->hit = TRUE;
  result->hit_nr = call->nr;
  read_path (call, notif, result->hit_path, sizeof result->hit_path);
  if (self->plan->act == SUPERVISOR_FAIL)
    result->error = choose_error (self->plan, call);
  if (self->plan->act == SUPERVISOR_FAIL && result->error == 0)
    return;
  response->flags = 0;
  response->error = -result->error;
  if (self->plan->act == SUPERVISOR_KILL)
    kill_all (self, (pid_t) notif->pid);
}

/* FALSE when there is nobody left to listen to. */
static gboolean
serve_one (Supervisor *self)
{
  Notification request = { .room = { 0 } };
  Notification answer = { .room = { 0 } };
  const SupervisorCall *call;

  if (ioctl (self->listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
    return errno == EINTR || errno == ENOENT;

  answer.response.id = request.notif.id;
  call = supervisor_find_call (request.notif.data.nr);
  if (call != NULL)
    {
      answer.response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      act (self, call, &request.notif, &answer.response);
    }
  else
    obey_prctl (self, &request.notif);

  /* ENOENT: the caller was killed meanwhile. */
  return ioctl (self->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0 || errno == ENOENT;
}

/* One wait. FALSE when nobody runs under the filter any more. A zombie counts as one on older kernels, so the child is
 * reaped as soon as it has ended; what it started may still run. */
static gboolean
serve_next (Supervisor *self, gint64 until)
{
  struct pollfd fds[2] = { { self->listener, POLLIN, 0 }, { self->pidfd, POLLIN, 0 } };
  const gint64 now = g_get_monotonic_time ();
  const gint64 left = MAX ((self->kill_at > 0 ? MIN (self->kill_at, until) : until) - now, 0);
  const struct timespec wait = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000 };
  int n = ppoll (fds, 2, &wait, NULL);

  if (self->kill_at > 0 && g_get_monotonic_time () >= self->kill_at)
    {
      self->result->hit = TRUE;
      self->kill_at = 0;
      kill_all (self, 0);
    }
  if (n <= 0)
    return TRUE;
  if (fds[1].revents != 0)
    {
      waitpid (self->child, &self->result->wait_status, 0);
      kvol_clear_fd (&self->pidfd);
    }
  if ((fds[0].revents & POLLIN) != 0)
    return serve_one (self);
  return fds[0].revents == 0;
}

/* After the child: a worker that sees its socket closed may need a moment to go. */
#define GRACE_USEC (2 * G_USEC_PER_SEC)

/* Whether everybody was gone before @until (monotonic). */
static gboolean
serve (Supervisor *self, gint64 until)
{
  gboolean had_ended = self->pidfd < 0;

  while (g_get_monotonic_time () < until)
    {
      if (!serve_next (self, until))
        return TRUE;
      if (!had_ended && self->pidfd < 0)
        until = MIN (until, g_get_monotonic_time () + GRACE_USEC);
      had_ended = self->pidfd < 0;
    }
  return FALSE;
}

/* ---- the child ---- */

static void
be_child (int socket_fd, SupervisorChild child, gpointer data)
{
  int failure;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  setpgid (0, 0);
  failure = supervisor_filter_install (socket_fd);
  if (failure != 0)
    _exit (127);
  g_close (socket_fd, NULL);
  _exit (child (data));
}

int
supervisor_exec (gpointer argv)
{
  char **words = argv;

  execv (words[0], words);
  return 127;
}

void
supervisor_begin (void)
{
  prctl (SUPERVISOR_PRCTL, SUPERVISOR_PRCTL_BEGIN, 0, 0, 0);
}

void
supervisor_end (void)
{
  prctl (SUPERVISOR_PRCTL, SUPERVISOR_PRCTL_END, 0, 0, 0);
}

void
supervisor_pause (void)
{
  prctl (SUPERVISOR_PRCTL, SUPERVISOR_PRCTL_PAUSE, 0, 0, 0);
}

void
supervisor_resume (void)
{
  prctl (SUPERVISOR_PRCTL, SUPERVISOR_PRCTL_RESUME, 0, 0, 0);
}

/* ---- the whole ---- */

static gboolean
watch (Supervisor *self, int socket_fd, GError **error)
{
  const gint64 timeout = self->plan->timeout_usec > 0 ? self->plan->timeout_usec : 30 * G_USEC_PER_SEC;
  gboolean all_gone;

  self->pidfd = (int) syscall (__NR_pidfd_open, self->child, 0);
  self->listener = supervisor_filter_receive (socket_fd);
  if (self->pidfd < 0 || self->listener < 0)
    {
      int failure = errno;

      kill_all (self, 0);
      waitpid (self->child, NULL, 0);
      errno = failure;
      return fail (error, "the child could not install its filter");
    }
  ioctl (self->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);

  all_gone = serve (self, g_get_monotonic_time () + timeout);
  if (!all_gone && self->pidfd >= 0)
    {
      self->result->timed_out = TRUE;
      kill_all (self, 0);
      all_gone = serve (self, g_get_monotonic_time () + GRACE_USEC);
    }
  if (self->pidfd >= 0)
    waitpid (self->child, &self->result->wait_status, 0);
  if (all_gone)
    return TRUE;
  errno = ETIMEDOUT;
  return fail (error, "a process that the child started outlives it");
}

gboolean
supervisor_run (const SupervisorPlan *plan, SupervisorChild child, gpointer data, SupervisorResult *ret_result,
                GError **error)
{
  g_auto (Supervisor) self = { .plan = plan, .result = ret_result, .pidfd = -1, .listener = -1 };
  int sockets[2];

  *ret_result = (SupervisorResult){ 0 };
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
    return fail (error, "socketpair");

  KVOL_AUTO_FD ours = sockets[0];
  KVOL_AUTO_FD theirs = sockets[1];

  self.child = fork ();
  if (self.child < 0)
    return fail (error, "fork");
  if (self.child == 0)
    {
      kvol_clear_fd (&ours);
      be_child (theirs, child, data);
    }
  kvol_clear_fd (&theirs);
  return watch (&self, ours, error);
}

static int
do_nothing (gpointer data)
{
  return 0;
}

gboolean
supervisor_works (const char **ret_reason)
{
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result;

  if (supervisor_run (&plan, do_nothing, NULL, &result, NULL) && result.wait_status == 0)
    return TRUE;
  *ret_reason = "this machine forbids seccomp user notification";
  return FALSE;
}

char *
supervisor_describe (const SupervisorPlan *plan, const SupervisorResult *result)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const SupervisorCall *call = supervisor_find_call (result->hit_nr);

  if (plan->kill_after_usec > 0)
    g_string_append_printf (text, "killed after %" G_GINT64_FORMAT " us", plan->kill_after_usec);
  else if (!result->hit)
    g_string_append_printf (text, "not reached (%u calls)", result->total);
  else
    g_string_append_printf (text, "call %u, %s (\"%s\"), ", plan->at, call != NULL ? call->name : "?",
                            result->hit_path);

  if (result->hit && plan->act == SUPERVISOR_FAIL)
    g_string_append_printf (text, "answered %s", result->error != 0 ? strerrorname_np (result->error) : "nothing");
  else if (result->hit && plan->act == SUPERVISOR_LIE)
    g_string_append (text, "claimed done");
  else if (result->hit && plan->kill_after_usec == 0)
    g_string_append (text, "killed before");

  if (result->timed_out)
    g_string_append (text, ": did not end");
  else if (WIFSIGNALED (result->wait_status))
    g_string_append_printf (text, ": ended by signal %d", WTERMSIG (result->wait_status));
  else
    g_string_append_printf (text, ": exit status %d", WEXITSTATUS (result->wait_status));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "user-server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A process that is killed is gone in a moment. */
#define KILL_USEC (2 * G_TIME_SPAN_SECOND)
#define START_FIELD 22

/* FALSE when there is no such process, or a zombie only. */
static gboolean
read_start (gint64 pid, guint64 *ret_start)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat", pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;
  const char *after;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  /* The name is in parentheses and may hold anything; the state comes after it. */
  after = strrchr (text, ')');
  if (after == NULL)
    return FALSE;
  fields = g_strsplit (after + 1, " ", -1);
  if (g_strv_length (fields) < START_FIELD - 1 || g_str_equal (fields[1], "Z") || g_str_equal (fields[1], "X"))
    return FALSE;
  *ret_start = g_ascii_strtoull (fields[START_FIELD - 2], NULL, 10);
  return TRUE;
}

gboolean
nfs_user_server_init (NfsUserServer *self, int pidfd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", pidfd);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (line = strstr (text, "\nPid:")) == NULL)
    return FALSE;
  *self = (NfsUserServer){ .pid = g_ascii_strtoll (line + strlen ("\nPid:"), NULL, 10) };
  return self->pid > 0 && read_start (self->pid, &self->start);
}

GVariant *
nfs_user_server_to_record (const NfsUserServer *self)
{
  return g_variant_new_parsed ("{'serverPid': <%x>, 'serverStart': <%t>, 'fuseConnection': <%u>}", self->pid,
                               self->start, self->connection);
}

gboolean
nfs_user_server_from_record (NfsUserServer *self, GVariant *record)
{
  return record != NULL && g_variant_lookup (record, "serverPid", "x", &self->pid)
         && g_variant_lookup (record, "serverStart", "t", &self->start)
         && g_variant_lookup (record, "fuseConnection", "u", &self->connection) && self->pid > 0;
}

static gboolean
await_end (int pidfd, gint64 usec)
{
  struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
  gint64 end = g_get_monotonic_time () + usec;
  int n;

  do
    n = poll (&poll_fd, 1, (int) (MAX (end - g_get_monotonic_time (), 0) / 1000));
  while (n < 0 && errno == EINTR);
  return n > 0;
}

/* Who is refused for want of descriptors or memory has learnt nothing: a server that lives is not to lose its volume
 * and its locks by that. A thread may have the number by now (ENOENT; EINVAL where the kernel is older). */
int
nfs_user_server_open (const NfsUserServer *self, gboolean *ret_ended)
{
  int pidfd = (int) syscall (SYS_pidfd_open, (pid_t) self->pid, 0);
  gboolean known;
  guint64 start = 0;

  if (pidfd < 0)
    {
      *ret_ended = errno == ESRCH || errno == ENOENT || errno == EINVAL;
      return -1;
    }
  /* The number may be another process's by now; once it is held it cannot become one's. Who ends meanwhile cannot be
   * read, and has ended by the time that it is asked. */
  known = read_start (self->pid, &start);
  *ret_ended = (known && start != self->start) || await_end (pidfd, 0);
  if (known && !*ret_ended)
    return pidfd;
  close (pidfd);
  return -1;
}

/* Where fusectl is mounted and this process may. */
static void
abort_connection (guint32 connection)
{
  g_autofree char *path = g_strdup_printf ("/sys/fs/fuse/connections/%u/abort", connection);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (write (fd, "1", 1) < 0)
    g_debug ("connection %u is not aborted: %s", connection, g_strerror (errno));
  close (fd);
}

gboolean
nfs_user_server_kill (int pidfd)
{
  syscall (SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
  return await_end (pidfd, KILL_USEC);
}

gboolean
nfs_user_server_end (const NfsUserServer *self, gint64 usec)
{
  gboolean ended;
  int pidfd = nfs_user_server_open (self, &ended);

  if (pidfd < 0)
    return ended;
  ended = await_end (pidfd, usec);
  if (!ended)
    {
      abort_connection (self->connection);
      ended = nfs_user_server_kill (pidfd);
    }
  close (pidfd);
  return ended;
}

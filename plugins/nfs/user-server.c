/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "user-server.h"

#include <errno.h>
#include <kvol/kvol-abi.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user-connection.h"

/* A process that is killed is gone in a moment. */
#define KILL_USEC (2 * G_TIME_SPAN_SECOND)
/* In /proc/PID/stat, counted from the state, which comes after the name. */
#define START_FIELD 19

static gboolean
read_start (gint64 pid, guint64 *ret_start)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat", pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;
  const char *name_end;

  /* The name is in parentheses and may hold anything. */
  if (!g_file_get_contents (path, &text, NULL, NULL) || (name_end = strrchr (text, ')')) == NULL || name_end[1] != ' ')
    return FALSE;
  fields = g_strsplit (name_end + 2, " ", START_FIELD + 2);
  if (g_strv_length (fields) <= START_FIELD)
    return FALSE;
  *ret_start = g_ascii_strtoull (fields[START_FIELD], NULL, 10);
  return TRUE;
}

/* What the kernel says of a pidfd: numbers, one for each namespace that the process is in, from the one of /proc to its
 * own. NULL: it has ended, or it cannot be read now. */
static char **
read_numbers (int pidfd, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", pidfd);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], name))
      return g_strsplit (lines[i] + strlen (name), "\t", -1);
  return NULL;
}

/* The number that /proc has for it; 0: as above. */
static gint64
read_pid (int pidfd)
{
  g_auto (GStrv) numbers = read_numbers (pidfd, "Pid:\t");

  return numbers != NULL && numbers[0] != NULL ? MAX (g_ascii_strtoll (numbers[0], NULL, 10), 0) : 0;
}

/* The number by which it is found: /proc may be another namespace's. Kernels without namespaces do not tell them. */
static gint64
read_own_pid (int pidfd)
{
  g_auto (GStrv) numbers = read_numbers (pidfd, "NSpid:\t");
  const guint n = numbers != NULL ? g_strv_length (numbers) : 0;

  return n > 0 ? MAX (g_ascii_strtoll (numbers[n - 1], NULL, 10), 0) : read_pid (pidfd);
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

/* ---- where this process is ---- */

/* 0: it cannot be told, or the kernel has but one. */
static guint64
own_space (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 ? status.st_ino : 0;
}

static void
note_place (NfsUserServer *self)
{
  g_autofree char *boot = NULL;

  self->pid_space = own_space ("/proc/self/ns/pid");
  self->time_space = own_space ("/proc/self/ns/time");
  if (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
    g_strlcpy (self->boot, g_strchomp (boot), sizeof self->boot);
}

/* What one of them does not say is no difference. */
static gboolean
is_same_space (guint64 one, guint64 other)
{
  return one == other || one == 0 || other == 0;
}

static gboolean
is_same_boot (const NfsUserServer *self, const NfsUserServer *here)
{
  return g_str_equal (self->boot, here->boot) || *self->boot == '\0' || *here->boot == '\0';
}

/* ---- the record ---- */

gboolean
nfs_user_server_init (NfsUserServer *self, int pidfd)
{
  const gint64 pid = read_pid (pidfd);

  *self = (NfsUserServer){ .pid = read_own_pid (pidfd) };
  note_place (self);
  return pid > 0 && self->pid > 0 && read_start (pid, &self->start) && !await_end (pidfd, 0);
}

GVariant *
nfs_user_server_to_record (const NfsUserServer *self)
{
  return g_variant_new_parsed ("{'serverPid': <%x>, 'serverStart': <%t>, 'serverPidSpace': <%t>, "
                               "'serverTimeSpace': <%t>, 'serverBoot': <%s>, 'fuseConnection': <%u>}",
                               self->pid, self->start, self->pid_space, self->time_space, self->boot, self->connection);
}

gboolean
nfs_user_server_from_record (NfsUserServer *self, GVariant *record)
{
  const char *boot = "";

  *self = (NfsUserServer){ 0 };
  if (record == NULL || !g_variant_lookup (record, "serverPid", "x", &self->pid)
      || !g_variant_lookup (record, "serverStart", "t", &self->start)
      || !g_variant_lookup (record, "fuseConnection", "u", &self->connection) || self->pid <= 0)
    return FALSE;
  /* Without these it is one of an earlier version. */
  g_variant_lookup (record, "serverPidSpace", "t", &self->pid_space);
  g_variant_lookup (record, "serverTimeSpace", "t", &self->time_space);
  g_variant_lookup (record, "serverBoot", "&s", &boot);
  g_strlcpy (self->boot, boot, sizeof self->boot);
  return TRUE;
}

/* ---- the process ---- */

/* Who is refused for want of descriptors or memory has learnt nothing: a server that lives is not to lose its volume
 * and its locks by that. Nor has who looks from elsewhere: where /proc is another namespace's the number there is
 * somebody else, and by another clock everybody has begun at another time. */
static NfsServerFate
look_at (const NfsUserServer *self, const NfsUserServer *here, int pidfd)
{
  const gint64 pid = read_pid (pidfd);
  guint64 start = 0;
  const gboolean known = pid == self->pid && read_start (pid, &start);

  /* Who ends meanwhile cannot be read, and has ended by the time that it is asked. */
  if (await_end (pidfd, 0))
    return NFS_SERVER_ENDED;
  if (pid != 0 && (pid != self->pid || !is_same_space (self->time_space, here->time_space)))
    return NFS_SERVER_ELSEWHERE;
  if (!known)
    return NFS_SERVER_UNKNOWN;
  /* The number may be another process's by now; once it is held it cannot become one's. */
  return start == self->start ? NFS_SERVER_LIVES : NFS_SERVER_ENDED;
}

/* No process outlives a boot. A thread may have the number by now (ENOENT; EINVAL where the kernel is older). */
NfsServerFate
nfs_user_server_open (const NfsUserServer *self, int *ret_pidfd)
{
  NfsUserServer here = { 0 };
  NfsServerFate fate;

  *ret_pidfd = -1;
  note_place (&here);
  if (!is_same_boot (self, &here))
    return NFS_SERVER_ENDED;
  if (!is_same_space (self->pid_space, here.pid_space))
    return NFS_SERVER_ELSEWHERE;

  KVOL_AUTO_FD pidfd = (int) syscall (SYS_pidfd_open, (pid_t) self->pid, 0);

  if (pidfd < 0)
    return errno == ESRCH || errno == ENOENT || errno == EINVAL ? NFS_SERVER_ENDED : NFS_SERVER_UNKNOWN;
  fate = look_at (self, &here, pidfd);
  if (fate == NFS_SERVER_LIVES)
    *ret_pidfd = g_steal_fd (&pidfd);
  return fate;
}

gboolean
nfs_user_server_kill (int pidfd)
{
  syscall (SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
  return await_end (pidfd, KILL_USEC);
}

NfsServerFate
nfs_user_server_end (const NfsUserServer *self, gint64 usec)
{
  KVOL_AUTO_FD pidfd = -1;
  const NfsServerFate fate = nfs_user_server_open (self, &pidfd);

  if (fate != NFS_SERVER_LIVES || await_end (pidfd, usec))
    return fate == NFS_SERVER_LIVES ? NFS_SERVER_ENDED : fate;
  nfs_user_connection_abort (self->connection);
  return nfs_user_server_kill (pidfd) ? NFS_SERVER_ENDED : NFS_SERVER_LIVES;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pid alone may be another process's by now, so its start goes with it. A pidfd decides first: while it is held the
 * number cannot be given away, and it tells a zombie, which still has its place in /proc, from a process that lives. */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <kvol/kvol-macros.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In /proc/PID/stat, counted from the state, which comes after the name. */
#define START_FIELD 19

static gboolean
read_start (guint64 pid, guint64 *ret_start)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/stat", pid);
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

/* 0: it cannot be told, or the kernel has but one. */
static guint64
own_space (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 ? status.st_ino : 0;
}

static guint64
own_pid_space (void)
{
  return own_space ("/proc/self/ns/pid");
}

static guint64
own_time_space (void)
{
  return own_space ("/proc/self/ns/time");
}

static int
open_pidfd (guint64 pid)
{
  return (int) syscall (SYS_pidfd_open, (pid_t) pid, 0);
}

static gboolean
is_readable (int fd)
{
  GPollFD poll = { .fd = fd, .events = G_IO_IN };

  return g_poll (&poll, 1, 0) > 0;
}

gboolean
sys_process_is_set (const SysProcess *self)
{
  return self->pid != 0;
}

static gboolean
has_own_clock (const SysProcess *self)
{
  return self->time_space == 0 || self->time_space == own_time_space ();
}

gboolean
sys_process_is_elsewhere (const SysProcess *self)
{
  return sys_process_is_set (self) && (self->pid_space != own_pid_space () || !has_own_clock (self));
}

gboolean
sys_process_equal (const SysProcess *self, const SysProcess *other)
{
  return self->pid == other->pid && self->start == other->start && self->pid_space == other->pid_space
         && self->time_space == other->time_space;
}

/* The number that /proc has for it; 0: it is no pidfd, or of a process that is gone or not to be seen. */
static guint64
read_pid (int pidfd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", pidfd);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (line = strstr (text, "\nPid:")) == NULL)
    return 0;
  return (guint64) MAX (g_ascii_strtoll (line + strlen ("\nPid:"), NULL, 10), 0);
}

/* Whether it failed because the number is no process's: it is nobody's, or by now a thread's (ENOENT, EINVAL where the
 * kernel is older). Whatever else went wrong tells nothing. */
static gboolean
is_of_no_process (int failure)
{
  return failure == ESRCH || failure == ENOENT || failure == EINVAL;
}

/* Where another clock goes, everybody has begun at another time. */
static gboolean
has_other_start (const SysProcess *self)
{
  guint64 start;

  return has_own_clock (self) && read_start (self->pid, &start) && start != self->start;
}

gboolean
sys_process_has_ended (const SysProcess *self)
{
  if (!sys_process_is_set (self) || self->pid_space != own_pid_space ())
    return FALSE;

  KVOL_AUTO_FD pidfd = open_pidfd (self->pid);

  if (pidfd < 0)
    return is_of_no_process (errno);
  /* Where /proc is another namespace's, the number there is somebody else. */
  return is_readable (pidfd) || (read_pid (pidfd) == self->pid && has_other_start (self));
}

gboolean
sys_process_of_pidfd (int fd, SysProcess *ret_process)
{
  SysProcess found = { .pid = fd >= 0 ? read_pid (fd) : 0 };

  if (found.pid == 0)
    return FALSE;

  KVOL_AUTO_FD again = open_pidfd (found.pid);

  /* Where /proc is another namespace's the number there is not the one here. */
  found.pid_space = own_pid_space ();
  found.time_space = own_time_space ();
  if (again < 0 || read_pid (again) != found.pid || found.pid_space == 0 || !read_start (found.pid, &found.start)
      || is_readable (again))
    return FALSE;
  *ret_process = found;
  return TRUE;
}

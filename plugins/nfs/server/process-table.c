/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On a machine whose /proc hides the processes of others (hidepid=) nothing is to be read of them once this process is
 * nobody. What is hidden is each mount's own affair (since Linux 5.8): so while there are rights to it, one is made
 * that hides none, and has nothing but processes in it. It has no place in the tree of files, and this process alone
 * sees it. */
#include "process-table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kvol/kvol-abi.h>

#define PATH_SIZE 32
#define FIRST_PROCESS 1
/* The line that is looked for is the twelfth, and the lines before it are short; what follows is not wanted. */
#define STATUS_SIZE 2048
#define BIT(number) (G_GUINT64_CONSTANT (1) << (number - 1))
/* How long the number of a thread that has ended is taken for nobody else's. */
#define REMEMBER_USEC G_TIME_SPAN_SECOND
/* Signals that end no process. */
#define HARMLESS                                                                                                       \
  (BIT (SIGSTOP) | BIT (SIGTSTP) | BIT (SIGTTIN) | BIT (SIGTTOU) | BIT (SIGCONT) | BIT (SIGCHLD) | BIT (SIGURG)        \
   | BIT (SIGWINCH))

static gboolean
set (int fs, const char *key, const char *value)
{
  return syscall (SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0) == 0;
}

static int
make_own (void)
{
  KVOL_AUTO_FD fs = (int) syscall (SYS_fsopen, "proc", FSOPEN_CLOEXEC);

  if (fs < 0 || !set (fs, "hidepid", "0") || !set (fs, "subset", "pid")
      || syscall (SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
    return -1;
  return (int) syscall (SYS_fsmount, fs, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int
process_table_open (void)
{
  int own = make_own ();

  return own >= 0 ? own : open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
open_status (int table, pid_t thread)
{
  char path[PATH_SIZE];

  snprintf (path, sizeof path, "%d/status", (int) thread);
  return openat (table, path, O_RDONLY | O_CLOEXEC);
}

gboolean
process_table_is_whole (int table)
{
  KVOL_AUTO_FD fd = open_status (table, FIRST_PROCESS);

  return fd >= 0;
}

static guint
parse_groups (const char *text, gid_t *ret_groups, guint max)
{
  guint n = 0;
  char *end;

  for (const char *at = text; n < max; at = end)
    {
      unsigned long group;

      while (*at == ' ' || *at == '\t')
        at++;
      group = strtoul (at, &end, 10);
      if (end == at)
        break;
      ret_groups[n++] = (gid_t) group;
    }
  return n;
}

/* What follows the title, of the first lines about the thread, in @text; NULL: there is no such line. */
static const char *
read_field (int table, pid_t thread, const char *title, char text[STATUS_SIZE])
{
  KVOL_AUTO_FD fd = open_status (table, thread);
  ssize_t length = fd >= 0 ? read (fd, text, STATUS_SIZE - 1) : -1;
  const char *line;

  if (length < 0)
    return NULL;
  text[length] = '\0';
  /* A process can have no line of its own in it: of its name the kernel escapes what ends a line. */
  line = strstr (text, title);
  return line != NULL ? line + strlen (title) : NULL;
}

guint
process_table_read_groups (int table, pid_t thread, gid_t *ret_groups, guint max)
{
  char text[STATUS_SIZE];
  const char *groups = read_field (table, thread, "\nGroups:", text);

  return groups != NULL ? parse_groups (groups, ret_groups, max) : 0;
}

static pid_t
read_process (int table, pid_t thread)
{
  char text[STATUS_SIZE];
  const char *process = thread > 0 ? read_field (table, thread, "\nTgid:", text) : NULL;

  return process != NULL ? (pid_t) strtol (process, NULL, 10) : 0;
}

pid_t
process_table_find_process (int table, pid_t thread, ThreadMemory *memory, gint64 now)
{
  KnownThread *known = &memory->threads[(guint) thread % G_N_ELEMENTS (memory->threads)];

  if (known->thread != thread || now >= known->until)
    *known = (KnownThread){ thread, read_process (table, thread), now + REMEMBER_USEC };
  return known->process;
}

/* All of it: many groups may come before what is looked for. */
static char *
dup_text (int fd)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char part[STATUS_SIZE];
  ssize_t n;

  while ((n = read (fd, part, sizeof part)) > 0)
    g_string_append_len (text, part, n);
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* That this process can open nothing just now says nothing of the other one. */
static gboolean
is_want_of_room (int number)
{
  return number == EMFILE || number == ENFILE || number == ENOMEM;
}

static guint64
get_signals (const char *text, const char *title)
{
  const char *line = strstr (text, title);

  return line != NULL ? g_ascii_strtoull (line + strlen (title), NULL, 16) : 0;
}

/* A signal that ends a process Linux turns into a SIGKILL for its threads, which is pending until they hear of it. What
 * was begun by aio(7) the last one waits for when it has heard, and has given its memory back. The signal itself is
 * pending then, as it has not been taken by anybody; not so when the process has ended by itself. */
static gboolean
is_killed (const char *text)
{
  const guint64 pending = get_signals (text, "\nSigPnd:") | get_signals (text, "\nShdPnd:");
  const guint64 not_heard =
      get_signals (text, "\nSigBlk:") | get_signals (text, "\nSigIgn:") | get_signals (text, "\nSigCgt:");

  if (pending & BIT (SIGKILL))
    return TRUE;
  return strstr (text, "\nVmSize:") == NULL && (pending & ~not_heard & ~HARMLESS) != 0;
}

gboolean
process_table_is_to_be_killed (int table, pid_t thread, gboolean unseen)
{
  KVOL_AUTO_FD fd = thread > 0 ? open_status (table, thread) : -1;
  g_autofree char *text = NULL;

  if (fd < 0)
    return unseen && !(thread > 0 && is_want_of_room (errno));
  text = dup_text (fd);
  return text != NULL ? is_killed (text) : unseen;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LOOK_USEC 10000

static gboolean
write_it (int fd, const char *text)
{
  return write (fd, text, strlen (text)) > 0 && fsync (fd) == 0;
}

static G_GNUC_NORETURN void
act_when_told (int control, const char *path, WriterAct act)
{
  /* Whoever makes a directory has nothing open: closing a file asks a v4 server, and the end of a process waits for its
   * answer, killed or not. */
  const int fd = act == WRITER_MAKES ? -1 : open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  char ready = act == WRITER_WRITES && fd < 0 ? 'n' : 'y';

  if (write (control, &ready, 1) != 1 || read (control, &ready, 1) != 1)
    _exit (0);
  if (act == WRITER_WRITES ? write_it (fd, path) : mkdir (path, 0755) == 0)
    _exit (0);
  /* The kernel has numbers of its own beyond those of errno. */
  _exit (errno < 128 ? errno : EIO);
}

void
writer_start (Writer *self, const char *path, WriterAct act)
{
  int ends[2];
  char opened = 'n';

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  self->pid = fork ();
  if (self->pid == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      /* Locks of the test's are not to be his. */
      close_range (STDERR_FILENO + 1, ends[1] - 1, 0);
      close_range (ends[1] + 1, ~0U, 0);
      act_when_told (ends[1], path, act);
    }
  close (ends[1]);
  self->fd = ends[0];
  assert_int_equal (read (self->fd, &opened, 1), 1);
  assert_int_equal (opened, 'y');
}

void
writer_go (Writer *self)
{
  assert_int_equal (write (self->fd, "g", 1), 1);
}

/* There is no event for it. The kernel says in which call the process sleeps, if in any: when it is the same at two
 * looks, and not the one that waits to be told, that is it. */
void
writer_await_stuck (Writer *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/syscall", self->pid);
  g_autofree char *before = NULL;
  gboolean stuck = FALSE;

  while (!stuck)
    {
      g_autofree char *call = NULL;

      g_usleep (LOOK_USEC);
      assert_int_equal (waitpid (self->pid, NULL, WNOHANG), 0);
      assert_true (g_file_get_contents (path, &call, NULL, NULL));
      stuck = g_ascii_isdigit (*call) && atoi (call) != SYS_read && g_strcmp0 (call, before) == 0;
      g_free (before);
      before = g_steal_pointer (&call);
    }
}

int
writer_end (Writer *self)
{
  int status;

  assert_int_equal (waitpid (self->pid, &status, 0), self->pid);
  close (self->fd);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

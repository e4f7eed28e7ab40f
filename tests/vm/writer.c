/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* There is no event for it. */
void
writer_await_stuck (Writer *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", self->pid);
  const char *state = "";

  while (!g_str_has_prefix (state, ") D"))
    {
      g_autofree char *stat = NULL;

      g_usleep (LOOK_USEC);
      assert_true (g_file_get_contents (path, &stat, NULL, NULL));
      state = strrchr (stat, ')');
      assert_false (g_str_has_prefix (state, ") Z"));
      state = g_str_has_prefix (state, ") D") ? ") D" : "";
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "support/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#define PATIENCE_MSEC 60000

void
verdict_init (Verdict *self)
{
  self->level = VERDICT_PASS;
  self->text = g_string_new (NULL);
}

void
verdict_clear (Verdict *self)
{
  if (self->text != NULL)
    g_string_free (g_steal_pointer (&self->text), TRUE);
}

void
verdict_add (Verdict *self, VerdictLevel level, const char *format, ...)
{
  va_list args;

  self->level = MAX (self->level, level);
  if (self->text->len > 0)
    g_string_append_c (self->text, '\n');
  va_start (args, format);
  g_string_append_vprintf (self->text, format, args);
  va_end (args);
}

/* The level as a digit, then the text, until the pipe is closed. */
static void
tell (const Verdict *verdict, int fd)
{
  g_autofree char *message = g_strdup_printf ("%d%s", verdict->level, verdict->text->str);
  const char *at = message;

  while (*at != '\0')
    {
      ssize_t n = write (fd, at, strlen (at));

      if (n < 0 && errno != EINTR)
        return;
      at += MAX (n, 0);
    }
}

static G_GNUC_NORETURN void
be_child (VerdictFunc func, gconstpointer data, int fd)
{
  g_auto (Verdict) verdict = { 0 };

  /* What a plugin prints must not be taken for TAP. */
  dup2 (STDERR_FILENO, STDOUT_FILENO);
  verdict_init (&verdict);
  func (data, &verdict);
  tell (&verdict, fd);
  _exit (0);
}

/* FALSE when the other end was neither written to nor closed in time. */
static gboolean
hear (int fd, GString *message)
{
  for (;;)
    {
      struct pollfd ready = { fd, POLLIN, 0 };
      char buffer[4096];
      ssize_t n = 0;

      if (poll (&ready, 1, PATIENCE_MSEC) == 0)
        return FALSE;
      n = read (fd, buffer, sizeof buffer);
      if (n == 0)
        return TRUE;
      if (n > 0)
        g_string_append_len (message, buffer, n);
      else if (errno != EINTR)
        return FALSE;
    }
}

void
verdict_of_child (VerdictFunc func, gconstpointer data, Verdict *verdict)
{
  g_autoptr (GString) message = g_string_new (NULL);
  int ends[2], status = 0;
  gboolean heard;
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    g_error ("pipe: %s", g_strerror (errno));
  pid = fork ();
  if (pid < 0)
    g_error ("fork: %s", g_strerror (errno));

  KVOL_AUTO_FD reader = ends[0];
  KVOL_AUTO_FD writer = ends[1];

  if (pid == 0)
    {
      kvol_clear_fd (&reader);
      be_child (func, data, writer);
    }
  kvol_clear_fd (&writer);
  heard = hear (reader, message);
  if (!heard)
    kill (pid, SIGKILL);
  waitpid (pid, &status, 0);

  if (!heard)
    verdict_fail (verdict, "did not end within %d s", PATIENCE_MSEC / 1000);
  else if (WIFSIGNALED (status))
    verdict_fail (verdict, "crashed: %s", strsignal (WTERMSIG (status)));
  else if (message->len == 0)
    verdict_fail (verdict, "ended the process with status %d", WEXITSTATUS (status));
  else if (message->str[0] != '0' + VERDICT_PASS)
    verdict_add (verdict, (VerdictLevel) (message->str[0] - '0'), "%s", message->str + 1);
}

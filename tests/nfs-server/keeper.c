/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/keeper.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "support/built.h"

static gboolean
read_answer (NfsKeeper *self, char **ret_text, GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char c = '\0';
  ssize_t n;

  while ((n = read (self->fd, &c, 1)) == 1 && c != '\n')
    g_string_append_c (line, c);
  if (n != 1 || !g_str_has_prefix (line->str, "ok"))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "nfs-server: %s",
                   line->len > 0 ? line->str : "ended without a word");
      return FALSE;
    }
  if (ret_text != NULL)
    *ret_text = g_strdup (g_strchug (line->str + strlen ("ok")));
  return TRUE;
}

gboolean
nfs_keeper_start (NfsKeeper *self, const char *mode, const GPtrArray *args, char **ret_answer, GError **error)
{
  g_autofree char *program = built_path ("bin/nfs-server");
  g_autofree char *parent = g_strdup_printf ("%d", getpid ());
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  KVOL_AUTO_FD theirs = -1;
  int ends[2];
  const char *const head[] = { program, mode, "--parent", parent };

  for (gsize i = 0; i < G_N_ELEMENTS (head); i++)
    g_ptr_array_add (argv, (char *) head[i]);
  for (guint i = 0; i < args->len; i++)
    g_ptr_array_add (argv, args->pdata[i]);
  g_ptr_array_add (argv, NULL);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "socketpair: %s", g_strerror (errno));
      return FALSE;
    }
  theirs = ends[1];
  self->fd = ends[0];
  if (!g_spawn_async_with_fds (NULL, (char **) argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &self->pid,
                               theirs, theirs, -1, error))
    {
      close (self->fd);
      return FALSE;
    }
  /* So that its end is seen as one. */
  kvol_clear_fd (&theirs);
  if (read_answer (self, ret_answer, error))
    return TRUE;
  nfs_keeper_end (self);
  return FALSE;
}

gboolean
nfs_keeper_tell (NfsKeeper *self, const char *command, GError **error)
{
  g_autofree char *line = g_strconcat (command, "\n", NULL);

  if (send (self->fd, line, strlen (line), MSG_NOSIGNAL) != (ssize_t) strlen (line))
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "nfs-server: %s", g_strerror (errno));
      return FALSE;
    }
  return read_answer (self, NULL, error);
}

void
nfs_keeper_end (NfsKeeper *self)
{
  close (self->fd);
  while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  g_spawn_close_pid (self->pid);
}

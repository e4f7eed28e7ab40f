/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol-nfs serves one volume: a directory of an NFS server, to a FUSE file system that somebody has made and is going
 * to mount. It is handed the open /dev/fuse, says when it serves, and ends when the file system does. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <glib-unix.h>
#include <syslog.h>
#include <unistd.h>

#include "confine.h"
#include "device.h"
#include "loop.h"
#include "operations.h"
#include "process-table.h"
#include "volume-locks.h"

static void
say (int fd, const char *text)
{
  if (fd >= 0 && write (fd, text, strlen (text)) < 0)
    syslog (LOG_WARNING, "nobody hears that the volume is served");
  if (fd >= 0)
    close (fd);
}

static struct fuse_session *
session_new (Volume *volume)
{
  char *argv[] = { (char *) "kvol-nfs", NULL };
  struct fuse_args args = FUSE_ARGS_INIT (1, argv);
  struct fuse_session *session = fuse_session_new (&args, &operations, sizeof operations, volume);

  fuse_opt_free_args (&args);
  if (session != NULL && !device_open (session, volume->settings->fuse_fd))
    g_clear_pointer (&session, fuse_session_destroy);
  return session;
}

/* Reading from one that nobody has mounted fails at once, for ever. */
static gboolean
is_mounted (int fuse_fd)
{
  GPollFD poll = { .fd = fuse_fd, .events = G_IO_IN };

  return g_poll (&poll, 1, 0) >= 0 && !(poll.revents & (G_IO_ERR | G_IO_NVAL));
}

static gboolean
make_loops (Volume *volume, GError **error)
{
  volume->loops = g_new0 (Loop *, (gsize) volume->settings->threads);
  for (int i = 0; i < volume->settings->threads; i++)
    {
      volume->loops[i] = loop_new (volume, (guint) i, error);
      if (volume->loops[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

/* The first loop is this thread's. */
static gboolean
start_others (const Volume *volume, GThread **threads, GError **error)
{
  for (int i = 1; i < volume->settings->threads; i++)
    {
      threads[i] = g_thread_try_new ("serve", loop_run, volume->loops[i], error);
      if (threads[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

/* Where it may not have all of its threads the volume is not served at all. */
static gboolean
run_loops (Volume *volume, GError **error)
{
  const int n = volume->settings->threads;
  g_autofree GThread **threads = g_new0 (GThread *, (gsize) n);
  const gboolean good = start_others (volume, threads, error);

  if (good)
    {
      say (volume->settings->ready_fd, "ok\n");
      loop_run (volume->loops[0]);
    }
  else
    {
      g_prefix_error (error, "cannot have a thread: ");
      fuse_session_exit (volume->session);
      volume_wake (volume);
    }
  for (int i = 1; i < n && threads[i] != NULL; i++)
    g_thread_join (threads[i]);
  return good;
}

/* Where it has not been allowed to see them all. */
static void
look_for_processes (const Volume *volume)
{
  if (!process_table_is_whole (volume->processes))
    syslog (LOG_WARNING,
            "/proc hides processes (hidepid=): the server does not hear of the supplementary groups of their users");
}

static gboolean
serve (Volume *volume, GError **error)
{
  const Settings *settings = volume->settings;
  gsize memory = 0;

  volume->session = session_new (volume);
  if (volume->session == NULL)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "descriptor %d is no /dev/fuse that can be served",
                   settings->fuse_fd);
      return FALSE;
    }
  if (!is_mounted (settings->fuse_fd))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "descriptor %d is a /dev/fuse that nobody has mounted",
                   settings->fuse_fd);
      return FALSE;
    }
  if (!g_unix_set_fd_nonblocking (settings->fuse_fd, TRUE, error) || !make_loops (volume, error)
      || !confine (!settings->any_port, &memory, error) || !volume_locks_start (volume, error))
    return FALSE;
  rooms_set_most (volume->rooms, memory / 4 * 3);
  look_for_processes (volume);
  return run_loops (volume, error);
}

static void
end (Volume *volume)
{
  volume_locks_end (volume);
  for (int i = 0; volume->loops != NULL && i < volume->settings->threads; i++)
    if (volume->loops[i] != NULL)
      loop_free (volume->loops[i]);
  g_free (volume->loops);
  g_clear_pointer (&volume->session, fuse_session_destroy);
  volume_clear (volume);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Settings settings;
  Volume volume;
  gboolean good = settings_read (&settings, argc, argv, &error);

  /* A server that has hung up is no reason to go. */
  signal (SIGPIPE, SIG_IGN);
  openlog ("kvol-nfs", LOG_PID | LOG_NDELAY, LOG_DAEMON);
  if (good)
    {
      volume_init (&volume, &settings);
      good = serve (&volume, &error);
      end (&volume);
    }
  if (!good)
    {
      g_autofree char *text = g_strdup_printf ("%s\n", error->message);

      fprintf (stderr, "kvol-nfs: %s", text);
      say (settings.ready_fd, text);
    }
  settings_clear (&settings);
  /* What libraries do on their way out may want a system call that is not allowed any more. */
  _exit (good ? 0 : 1);
}

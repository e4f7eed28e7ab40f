/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ganesha says in its log when it is up, and what it left out: an export whose directory it cannot serve is dropped
 * with a line, and everything else starts. So the log is read as it comes, and each export is then asked for. */
#include "nfs-server/program/host.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/ask.h"
#include "nfs-server/program/ganesha.h"
#include "nfs-server/program/outlet.h"
#include "nfs-server/program/portmapper.h"
#include "nfs-server/program/process.h"
#include "nfs-server/program/stage.h"
#include "nfs-server/rpc.h"
#include "nfs-server/settings.h"

/* Emulated processors are slow; a healthy server needs some ten milliseconds for either. */
#define START_MSEC 60000
#define STOP_MSEC 3000

struct Host
{
  NfsServerSettings *settings;
  Stage stage;
  pid_t server;
  pid_t portmapper;
  pid_t monitor; /* of clients that hold locks */
  gboolean frozen;
  Outlet *outlet; /* NULL: there is power */
  int log;        /* the reading end */
  GString *line;
  gboolean ready;
  GString *trouble;
};

static gboolean throw (GError * *error, const char *act)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", act, g_strerror (code));
  return FALSE;
}

Host *
host_new (NfsServerSettings *settings, GError **error)
{
  g_autoptr (Host) self = g_new0 (Host, 1);

  self->settings = settings;
  self->stage = (Stage){ .outside = -1, .inside = -1 };
  self->log = -1;
  self->line = g_string_new (NULL);
  self->trouble = g_string_new (NULL);
  if (!stage_enter (&self->stage, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* ---- the log ---- */

static void
judge_line (Host *self)
{
  const char *text = NULL;

  switch (ganesha_judge (self->line->str, &text))
    {
    case GANESHA_SAYS_READY:
      self->ready = TRUE;
      break;
    case GANESHA_SAYS_TROUBLE:
      g_string_append_printf (self->trouble, "%s%s", self->trouble->len > 0 ? "; " : "", text);
      break;
    case GANESHA_SAYS_NOTHING:
      break;
    }
  g_string_truncate (self->line, 0);
}

/* FALSE at its end. */
static gboolean
read_log (Host *self)
{
  char buffer[4096];
  const ssize_t n = read (self->log, buffer, sizeof buffer);

  for (ssize_t i = 0; i < n; i++)
    if (buffer[i] == '\n')
      judge_line (self);
    else
      g_string_append_c (self->line, buffer[i]);
  if (n > 0)
    return TRUE;
  close (self->log);
  self->log = -1;
  return FALSE;
}

/* ---- start ---- */

static gboolean
spawn_portmapper (Host *self, int log, GError **error)
{
  if (self->portmapper == 0)
    self->portmapper = self->settings->portmapper ? portmapper_start (log, error) : portmapper_start_mute (error);
  return self->portmapper > 0;
}

/* It stays when the server goes, as it does on a real one. */
static gboolean
spawn_monitor (Host *self, int log, GError **error)
{
  static const char *const argv[] = { STATD_PROGRAM, "-F", "-L", "-P", STAGE_MONITOR, NULL };

  if (self->monitor == 0 && self->settings->locks == NFS_LOCKS_GIVEN)
    self->monitor = process_start (argv, log, NULL, error);
  return self->monitor >= 0;
}

static gboolean
spawn (Host *self, GError **error)
{
  g_autofree char *config = ganesha_config (self->settings);
  KVOL_AUTO_FD log = -1;
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return throw (error, "make a pipe");
  self->log = ends[0];
  log = ends[1];
  g_string_truncate (self->line, 0);
  g_string_truncate (self->trouble, 0);
  self->ready = FALSE;
  self->frozen = FALSE;
  if (!stage_show (&self->stage, self->settings->exports, error)
      || !g_file_set_contents (STAGE_CONFIG, config, -1, error) || !spawn_portmapper (self, log, error)
      || !spawn_monitor (self, log, error))
    return FALSE;
  self->server = process_start (ganesha_argv, log, NULL, error);
  return self->server > 0;
}

/* The log ends with the last process that has it, so the server's end is looked for as well. */
static gboolean
await_ready (Host *self, GError **error)
{
  const gint64 deadline = g_get_monotonic_time () + START_MSEC * G_TIME_SPAN_MILLISECOND;
  KVOL_AUTO_FD life = process_open (self->server);

  while (!self->ready)
    {
      struct pollfd fds[] = { { .fd = self->log, .events = POLLIN }, { .fd = life, .events = POLLIN } };
      const gint64 left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;

      if (left <= 0 || poll (fds, G_N_ELEMENTS (fds), left) < 0)
        return throw (error, "the server did not come up");
      if (fds[0].revents != 0 && read_log (self))
        continue;
      if (fds[1].revents == 0)
        continue;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the server ended: %s", self->trouble->str);
      return FALSE;
    }
  return TRUE;
}

/* Whoever looks at an export of 4.1 or 4.2 has to begin a session first. */
static gboolean
can_look_up4 (const NfsServerSettings *settings)
{
  return !settings->only_v3 && (settings->minor == NFS_MINOR_ALL || settings->minor == NFS_MINOR_0);
}

static gboolean
ask_for_exports (Host *self, GError **error)
{
  for (const NfsExport *export = self->settings->exports; export->path != NULL; export ++)
    {
      if (export->client != NULL && !g_str_equal (export->client, "127.0.0.1"))
        continue;
      if ((!self->settings->only_v4 && !ask_mount3 (self->settings->mount_port, export->path, error))
          || (can_look_up4 (self->settings) && !ask_lookup4 (self->settings->port, export->path, error)))
        {
          g_prefix_error (error, "export %s: ", export->path);
          return FALSE;
        }
    }
  return TRUE;
}

/* It says nothing when it is up, and a lock that is asked for before is denied. */
static gboolean
await_monitor (Host *self, GError **error)
{
  const gint64 deadline = g_get_monotonic_time () + START_MSEC * G_TIME_SPAN_MILLISECOND;
  gboolean known = self->monitor == 0;

  while (!known)
    {
      if (!ask_registered (RPC_MONITOR, 1, &known, error))
        return FALSE;
      if (!known && (waitpid (self->monitor, NULL, WNOHANG) != 0 || g_get_monotonic_time () > deadline))
        {
          self->monitor = 0;
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the monitor of clients did not come up");
          return FALSE;
        }
      if (!known)
        g_usleep (G_TIME_SPAN_MILLISECOND);
    }
  return TRUE;
}

/* What the portmapper was never told would be looked for in the client. */
static gboolean
ask_for_port (guint32 program, GError **error)
{
  gboolean known = FALSE;

  if (!ask_registered (program, 3, &known, error))
    return FALSE;
  if (!known)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the portmapper does not know program %u, version 3", program);
  return known;
}

static gboolean
ask_for_ports (Host *self, GError **error)
{
  return !self->settings->portmapper || self->settings->only_v4
         || (ask_for_port (RPC_NFS, error) && ask_for_port (RPC_MOUNT, error));
}

gboolean
host_start (Host *self, GError **error)
{
  if (self->server != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "the server is running");
      return FALSE;
    }
  outlet_plug_in (g_steal_pointer (&self->outlet));
  if (!spawn (self, error) || !await_ready (self, error))
    return FALSE;
  if (!self->settings->portmapper)
    process_kill (&self->portmapper);
  if (self->trouble->len > 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the server complains: %s", self->trouble->str);
      return FALSE;
    }
  return await_monitor (self, error) && ask_for_ports (self, error) && ask_for_exports (self, error);
}

/* ---- life and end ---- */

/* The signal that stops all of its threads, or lets them go on, and the wait for that to be true. */
static gboolean
set_frozen (Host *self, gboolean frozen, GError **error)
{
  int status;

  if (kill (self->server, frozen ? SIGSTOP : SIGCONT) < 0
      || waitpid (self->server, &status, frozen ? WUNTRACED : WCONTINUED) < 0)
    return throw (error, frozen ? "freeze the server" : "thaw the server");
  self->frozen = frozen;
  if (frozen ? WIFSTOPPED (status) : WIFCONTINUED (status))
    return TRUE;
  self->server = 0;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the server ended");
  return FALSE;
}

static void
close_log (Host *self)
{
  if (self->log >= 0)
    close (self->log);
  self->log = -1;
}

static gboolean
unplug (Host *self, GError **error)
{
  self->outlet = outlet_unplug (&self->server);
  if (self->outlet == NULL)
    return throw (error, "take the power from the server's machine");
  self->frozen = FALSE;
  close_log (self);
  return TRUE;
}

gboolean
host_obey (Host *self, const char *command, GError **error)
{
  if (g_str_equal (command, "start"))
    return host_start (self, error);
  if (g_str_equal (command, "kill-portmapper") && self->settings->portmapper)
    {
      process_kill (&self->portmapper);
      return TRUE;
    }
  if (self->server != 0 && g_str_equal (command, "kill"))
    {
      process_kill (&self->server);
      close_log (self);
      return TRUE;
    }
  if (self->server != 0 && g_str_equal (command, "unplug"))
    return unplug (self, error);
  if (self->server != 0 && g_str_equal (command, self->frozen ? "thaw" : "freeze"))
    return set_frozen (self, !self->frozen, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" is nothing for a server that is %s", command,
               self->server == 0 ? "dead"
               : self->frozen    ? "frozen"
                                 : "running");
  return FALSE;
}

gboolean
host_wait (Host *self, int input, GError **error)
{
  KVOL_AUTO_FD life = self->server == 0 ? -1 : process_open (self->server);
  struct pollfd fds[] = { { .fd = input, .events = POLLIN },
                          { .fd = self->log, .events = POLLIN },
                          { .fd = life, .events = POLLIN } };

  do
    {
      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno != EINTR)
        return throw (error, "poll");
      if (fds[1].revents != 0 && !read_log (self))
        fds[1].fd = -1;
      else if (fds[1].revents == 0 && fds[2].revents != 0)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the server ended: %s", self->trouble->str);
          return FALSE;
        }
    }
  while (fds[0].revents == 0);
  return TRUE;
}

void
host_free (Host *self)
{
  if (self->frozen)
    process_kill (&self->server);
  process_stop (&self->server, STOP_MSEC);
  process_kill (&self->monitor);
  process_kill (&self->portmapper);
  outlet_plug_in (self->outlet);
  close_log (self);
  settings_free (self->settings);
  g_string_free (self->line, TRUE);
  g_string_free (self->trouble, TRUE);
  close (self->stage.outside);
  close (self->stage.inside);
  g_free (self);
}

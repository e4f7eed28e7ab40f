/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nfs-server: a real NFS server, or a broken one, for tests and demo.
 *
 *     nfs-server serve [--parent PID] OPTION...    a real one; the options are those of settings.h
 *     nfs-server check [--parent PID]              ends at once: whether there could be one
 *     nfs-server fault [--parent PID] OPTION...    a broken one; the options are those of plan.h
 *
 * Its first line of output is "ok", of a broken server with its port, or the reason why not. It ends when it is killed.
 * With --parent it obeys lines of input (host.h), answers each with such a line, and ends with its input or when that
 * process is gone. A real server runs only where nobody but this machine can reach it: in a network namespace of one's
 * own, as `unshare -nm` makes it. */
#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/net.h"
#include "nfs-server/plan.h"
#include "nfs-server/program/answer.h"
#include "nfs-server/program/bad-socket.h"
#include "nfs-server/program/ganesha.h"
#include "nfs-server/program/host.h"
#include "nfs-server/program/portmapper.h"
#include "nfs-server/program/process.h"
#include "nfs-server/settings.h"

static int
say (const char *detail, const GError *error)
{
  if (error == NULL)
    printf ("ok %s\n", detail);
  else
    {
      g_autofree char *line = g_strdelimit (g_strdup (error->message), "\n", ' ');

      printf ("%s\n", line);
    }
  fflush (stdout);
  return error == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s", why);
  return FALSE;
}

static gboolean
can_serve (const NfsServerSettings *settings, GError **error)
{
  if (access (GANESHA_PROGRAM, X_OK) < 0)
    return refuse (error, "nfs-ganesha is not installed");
  if (settings->portmapper && access (PORTMAPPER_PROGRAM, X_OK) < 0)
    return refuse (error, "rpcbind is not installed");
  if (settings->locks == NFS_LOCKS_GIVEN && access (STATD_PROGRAM, X_OK) < 0)
    return refuse (error, "nfs-common (rpc.statd) is not installed");
  if (!net_is_private ())
    return refuse (error, "others could reach a server here: it needs a network namespace of its own");
  return net_raise_loopback (error);
}

/* ---- a real server ---- */

static gboolean
read_command (char *buffer, int size)
{
  gsize len = 0;

  while ((int) len < size - 1 && read (STDIN_FILENO, &buffer[len], 1) == 1 && buffer[len] != '\n')
    len++;
  buffer[len] = '\0';
  return len > 0;
}

static int
obey (Host *host)
{
  char command[64];
  g_autoptr (GError) fatal = NULL;

  while (host_wait (host, STDIN_FILENO, &fatal) && read_command (command, sizeof command))
    {
      g_autoptr (GError) error = NULL;

      host_obey (host, command, &error);
      say ("", error);
    }
  return fatal != NULL ? say ("", fatal) : EXIT_SUCCESS;
}

static int
serve (NfsServerSettings *settings, pid_t parent, gboolean stay)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Host) host = NULL;

  if (!can_serve (settings, &error) || !process_enclose (parent, &error))
    {
      settings_free (settings);
      return say ("", error);
    }
  host = host_new (settings, &error);
  if (host == NULL || !host_start (host, &error))
    return say ("", error);
  say ("", NULL);
  if (parent != 0 && stay)
    return obey (host);
  if (stay && !host_wait (host, -1, &error))
    return say ("", error);
  return EXIT_SUCCESS;
}

static int
run_serve (const char *const *args, pid_t parent)
{
  g_autoptr (GError) error = NULL;
  NfsServerSettings *settings = settings_from_args (args, &error);

  return settings == NULL ? say ("", error) : serve (settings, parent, TRUE);
}

/* An export without a directory has one made. */
static int
run_check (const char *const *args, pid_t parent)
{
  g_autoptr (GError) error = NULL;
  const char *const one[] = { "--export", "/check=/", NULL };
  NfsServerSettings *settings = settings_from_args (one, &error);
  NfsExport *export = (NfsExport *) settings->exports;

  g_clear_pointer ((char **) &export->directory, g_free);
  return serve (settings, parent, FALSE);
}

/* ---- a broken one ---- */

typedef struct
{
  const NfsFaultPlan *plan;
  int listening;
} Fault;

static gpointer
misbehave (gpointer data)
{
  const Fault *fault = data;

  if (fault->plan->kind == NFS_FAULT_ANSWER)
    answer_all (fault->listening, fault->plan);
  else
    bad_socket_serve (fault->plan->kind, fault->listening);
  return NULL;
}

/* The threads that misbehave go with the process. */
static int
run_fault (const char *const *args, pid_t parent)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfsFaultPlan) plan = plan_from_args (args, &error);
  g_autofree char *port = NULL;
  Fault fault = { .plan = plan };
  KVOL_AUTO_FD life = parent == 0 ? -1 : process_open (parent);
  struct pollfd ends[] = { { .fd = parent == 0 ? -1 : STDIN_FILENO, .events = POLLIN },
                           { .fd = life, .events = POLLIN } };

  fault.listening = plan == NULL ? -1 : bad_socket_listen (plan->kind, &plan->port, &error);
  if (fault.listening < 0)
    return say ("", error);
  g_thread_unref (g_thread_new ("fault", misbehave, &fault));
  port = g_strdup_printf ("%u", plan->port);
  say (port, NULL);
  while (poll (ends, G_N_ELEMENTS (ends), -1) < 0 && errno == EINTR)
    continue;
  _exit (EXIT_SUCCESS);
}

/* ---- all ---- */

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    int (*run) (const char *const *args, pid_t parent);
  } modes[] = { { "serve", run_serve }, { "check", run_check }, { "fault", run_fault } };
  const char *const *args = (const char *const *) argv + 2;
  guint64 parent = 0;

  if (argc > 3 && g_str_equal (args[0], "--parent")
      && g_ascii_string_to_unsigned (args[1], 10, 1, G_MAXINT32, &parent, NULL))
    args += 2;
  for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (argv[1], modes[i].name))
      return modes[i].run (args, parent);
  fprintf (stderr, "usage: nfs-server serve|check|fault [--parent PID] OPTION...\n");
  return 2;
}

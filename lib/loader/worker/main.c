/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol-worker FILE NAME: the volume plugin NAME of the shared object FILE, in a process that can be killed. It is
 * started by libkvol, serves one request after the other over descriptor 3, and ends with the process that started
 * it.
 *
 * kvol-worker --unmount ACT NAME: unmounts NAME below the directory that is its descriptor 3, and tells by its exit
 * status what came of it.
 *
 * The first request is OPEN, with the plugin's configuration: what is secret never stands in an argument. */
#include "loader/table.h"
#include "loader/worker/ask.h"
#include "loader/worker/part.h"
#include "loader/worker/slot.h"
#include "sys/unmount.h"
#include "sys/worker.h"

typedef struct
{
  const char *file;
  const char *name;
  Ask ask;
  LoaderPlugin *plugin; /* NULL until OPEN */
} Worker;

static gboolean
find_table (Worker *self, KvolPluginDesc *ret_desc, GError **error)
{
  const KvolPluginDesc *const *tables = loader_table_open (self->file, error);

  if (tables == NULL)
    return FALSE;
  for (gsize i = 0; tables[i] != NULL; i++)
    if (g_strcmp0 (loader_table_get_name (tables[i]), self->name) == 0)
      return loader_table_copy (tables[i], ret_desc, error);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "\"%s\" does not offer it any more", self->file);
  return FALSE;
}

static gboolean
open_plugin (Worker *self, const WireRequest *request, GError **error)
{
  KvolPluginDesc desc;

  if (g_strcmp0 (request->text[0], KVOL_VERSION) != 0)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI,
                   "kvol-worker is of version %s, the library of version %s; start the program anew", KVOL_VERSION,
                   request->text[0] != NULL ? request->text[0] : "unknown");
      return FALSE;
    }
  if (!find_table (self, &desc, error))
    return FALSE;
  self->plugin = loader_plugin_open (self->file, &desc, &ask_ops, &self->ask, request->variant[0], error);
  return self->plugin != NULL;
}

static gboolean
do_request (Worker *self, const WireRequest *request, WireAnswer *answer, GError **error)
{
  if ((request->call == WIRE_OPEN) != (self->plugin == NULL))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "%s out of turn", wire_call_get_name (request->call));
      return FALSE;
    }
  if (request->call == WIRE_OPEN)
    return open_plugin (self, request, error);
  if (request->call == WIRE_OPEN_PART)
    return part_open (request, answer, error);
  if (request->call != WIRE_CLOSE)
    return slot_call (self->plugin, request, answer, error);
  g_clear_pointer (&self->plugin, loader_plugin_free);
  return TRUE;
}

/* When it returns, nothing of the request is left open here. */
static gboolean
serve (Worker *self, GError **error)
{
  g_auto (SysMessage) message = { 0 };
  g_auto (WireReceived) received = { 0 };
  g_auto (WireAnswer) answer = WIRE_ANSWER_INIT;
  g_autoptr (GError) failure = NULL;
  gboolean ok;

  if (!sys_message_receive (self->ask.socket_fd, -1, NULL, &message, error)
      || !wire_take_request (&message, &received, error))
    return FALSE;
  ask_begin (&self->ask, &received.request);
  ok = do_request (self, &received.request, &answer, &failure);
  ask_end (&self->ask);
  /* An answer that is too large to send becomes an error. */
  if (ok && wire_send_answer (self->ask.socket_fd, &answer, &failure))
    return TRUE;
  return wire_send_error (self->ask.socket_fd, failure, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Worker self = { 0 };

  if (argc == 4 && g_str_equal (argv[1], "--unmount"))
    return sys_unmount_main (argv[2], argv[3]);
  if (argc != 3)
    {
      g_printerr ("usage: kvol-worker FILE NAME\n");
      return 2;
    }
  self.file = argv[1];
  self.name = argv[2];
  g_mutex_init (&self.ask.lock);
  self.ask.socket_fd = sys_worker_begin (&error);
  if (self.ask.socket_fd >= 0)
    while (serve (&self, &error) && wire_send_idle (self.ask.socket_fd, &error))
      ;
  /* That the other end has gone is how every worker ends that is not killed. */
  if (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT))
    return 0;
  g_printerr ("kvol-worker: %s\n", error->message);
  return 1;
}

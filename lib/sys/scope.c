/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus, and the manager behind it, may be as stuck as anybody: all of it happens in a main context of its own, which
 * is left when the time is up. The answer to StartTransientUnit is a job only; that the process has been moved is said
 * by the signal with which the job goes. */
#include "sys/scope.h"

#include <gio/gio.h>
#include <kvol/kvol-error.h>
#include <unistd.h>

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"

/* One request. */
typedef struct
{
  GMainContext *context;
  GCancellable *cancellable;
  GSource *alarm;
  GAsyncResult *answer; /* to what is waited for, once it is there */
  GHashTable *jobs;     /* that have ended: path -> result */
} Request;

gboolean
sys_scope_is_offered (void)
{
  return geteuid () == 0 && g_file_test ("/run/systemd/system", G_FILE_TEST_IS_DIR);
}

static gboolean
on_alarm (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_CONTINUE;
}

static void
request_init (Request *self, gint64 usec)
{
  *self = (Request){
    .context = g_main_context_new (),
    .cancellable = g_cancellable_new (),
    .alarm = g_timeout_source_new ((guint) (usec / G_TIME_SPAN_MILLISECOND)),
    .jobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
  };
  g_source_set_callback (self->alarm, on_alarm, self->cancellable, NULL);
  g_source_attach (self->alarm, self->context);
  g_main_context_push_thread_default (self->context);
}

static void
request_clear (Request *self)
{
  g_source_destroy (self->alarm);
  g_source_unref (self->alarm);
  g_clear_object (&self->answer);
  while (g_main_context_iteration (self->context, FALSE))
    continue;
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
  g_object_unref (self->cancellable);
  g_hash_table_unref (self->jobs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Request, request_clear)

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Request *) data)->answer = g_object_ref (result);
}

/* What was asked is cancelled when the time is up, so an answer comes. */
static GAsyncResult *
await_answer (Request *self)
{
  while (self->answer == NULL)
    g_main_context_iteration (self->context, TRUE);
  return g_steal_pointer (&self->answer);
}

static void
on_job_removed (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal,
                GVariant *arguments, gpointer data)
{
  const char *job, *result;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (arguments, "(u&os&s)", NULL, &job, NULL, &result);
  g_hash_table_replace (((Request *) data)->jobs, g_strdup (job), g_strdup (result));
}

static GDBusConnection *
connect_bus (Request *self, GError **error)
{
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, self->cancellable, error);
  g_autoptr (GAsyncResult) answer = NULL;

  if (address == NULL)
    return NULL;
  g_dbus_connection_new_for_address (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
      self->cancellable, on_answer, self);
  answer = await_answer (self);
  return g_dbus_connection_new_for_address_finish (answer, error);
}

static GVariant *
describe_scope (pid_t pid, guint64 memory)
{
  g_autofree char *unit = g_strdup_printf ("kvol-server-%d.scope", (int) pid);
  GVariantBuilder properties, pids;

  g_variant_builder_init (&pids, G_VARIANT_TYPE ("au"));
  g_variant_builder_add (&pids, "u", (guint32) pid);
  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  g_variant_builder_add (&properties, "(sv)", "Description", g_variant_new_string ("Server of a pod's volume"));
  g_variant_builder_add (&properties, "(sv)", "PIDs", g_variant_builder_end (&pids));
  g_variant_builder_add (&properties, "(sv)", "MemoryMax", g_variant_new_uint64 (memory));
  /* Else one that was killed stays to be looked at, and its name with it. */
  g_variant_builder_add (&properties, "(sv)", "CollectMode", g_variant_new_string ("inactive-or-failed"));
  return g_variant_new ("(ssa(sv)a(sa(sv)))", unit, "fail", &properties, NULL);
}

static char *
start_unit (Request *self, GDBusConnection *bus, pid_t pid, guint64 memory, GError **error)
{
  g_autoptr (GAsyncResult) answer = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *job = NULL;

  g_dbus_connection_call (bus, MANAGER, MANAGER_PATH, MANAGER_INTERFACE, "StartTransientUnit",
                          describe_scope (pid, memory), G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          self->cancellable, on_answer, self);
  answer = await_answer (self);
  reply = g_dbus_connection_call_finish (bus, answer, error);
  if (reply != NULL)
    g_variant_get (reply, "(o)", &job);
  return job;
}

static gboolean
await_job (Request *self, const char *job, GError **error)
{
  const char *result;

  while ((result = g_hash_table_lookup (self->jobs, job)) == NULL && !g_cancellable_is_cancelled (self->cancellable))
    g_main_context_iteration (self->context, TRUE);
  if (g_strcmp0 (result, "done") == 0)
    return TRUE;
  if (result != NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "its job ended with \"%s\"", result);
  else
    g_cancellable_set_error_if_cancelled (self->cancellable, error);
  return FALSE;
}

static gboolean
place (Request *self, GDBusConnection *bus, pid_t pid, guint64 memory, GError **error)
{
  guint signal = g_dbus_connection_signal_subscribe (bus, MANAGER, MANAGER_INTERFACE, "JobRemoved", MANAGER_PATH, NULL,
                                                     G_DBUS_SIGNAL_FLAGS_NONE, on_job_removed, self, NULL);
  g_autofree char *job = start_unit (self, bus, pid, memory, error);
  gboolean placed = job != NULL && await_job (self, job, error);

  g_dbus_connection_signal_unsubscribe (bus, signal);
  return placed;
}

gboolean
sys_scope_place (pid_t pid, guint64 memory, gint64 usec, GError **error)
{
  g_auto (Request) request;
  g_autoptr (GDBusConnection) bus = NULL;
  g_autoptr (GError) failure = NULL;
  gboolean placed;

  request_init (&request, usec);
  bus = connect_bus (&request, &failure);
  placed = bus != NULL && place (&request, bus, pid, memory, &failure);
  if (bus != NULL)
    g_dbus_connection_close (bus, NULL, NULL, NULL);
  if (!placed)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT, "systemd gives process %d no scope: %s", (int) pid,
                 g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? "it does not answer" : failure->message);
  return placed;
}

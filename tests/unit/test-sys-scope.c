/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scopes, asked of a stand-in for systemd: it says what systemd would, on a bus of its own, and moves nobody. */
#include "sys/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <gio/gio.h>

#include <kvol/kvol-error.h>

#include "support/scratch.h"

#define USEC (10 * G_TIME_SPAN_SECOND)

static const char interface[] = "<node><interface name='org.freedesktop.systemd1.Manager'>"
                                "<method name='StartTransientUnit'><arg type='s' direction='in'/>"
                                "<arg type='s' direction='in'/><arg type='a(sv)' direction='in'/>"
                                "<arg type='a(sa(sv))' direction='in'/><arg type='o' direction='out'/></method>"
                                "</interface></node>";

typedef struct
{
  GTestDBus *daemon;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  GMutex mutex;
  GCond cond;
  gboolean ready;
  const char *result; /* of the job; NULL: it never ends; "": there is none */
  GVariant *asked;
} Manager;

static void
on_call (GDBusConnection *bus, const char *sender, const char *path, const char *name, const char *method,
         GVariant *arguments, GDBusMethodInvocation *invocation, gpointer data)
{
  Manager *self = data;
  const char *unit;

  self->asked = g_variant_ref (arguments);
  g_variant_get_child (arguments, 0, "&s", &unit);
  if (self->result != NULL && *self->result == '\0')
    {
      g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.systemd1.UnitExists", "it is there");
      return;
    }
  /* Another's job, and this one's. systemd may well say that a job has ended before it says which one it is. */
  g_dbus_connection_emit_signal (bus, sender, "/org/freedesktop/systemd1", name, "JobRemoved",
                                 g_variant_new ("(uoss)", 1, "/job/1", "other.service", "failed"), NULL);
  if (self->result != NULL)
    g_dbus_connection_emit_signal (bus, sender, "/org/freedesktop/systemd1", name, "JobRemoved",
                                   g_variant_new ("(uoss)", 7, "/job/7", unit, self->result), NULL);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", "/job/7"));
}

static void
on_name (GDBusConnection *bus, const char *name, gpointer data)
{
  Manager *self = data;

  g_mutex_lock (&self->mutex);
  self->ready = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static gpointer
run_manager (gpointer data)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call };
  Manager *self = data;
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (interface, NULL);
  g_autoptr (GDBusConnection) bus = NULL;
  guint name;

  g_main_context_push_thread_default (self->context);
  bus = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (self->daemon),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, NULL);
  g_dbus_connection_register_object (bus, "/org/freedesktop/systemd1", info->interfaces[0], &table, self, NULL, NULL);
  name = g_bus_own_name_on_connection (bus, "org.freedesktop.systemd1", G_BUS_NAME_OWNER_FLAGS_NONE, on_name, NULL,
                                       self, NULL);
  g_main_loop_run (self->loop);
  g_bus_unown_name (name);
  g_dbus_connection_close_sync (bus, NULL, NULL);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static void
manager_start (Manager *self, const char *result)
{
  *self = (Manager){ .daemon = g_test_dbus_new (G_TEST_DBUS_NONE), .result = result };
  g_test_dbus_up (self->daemon);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (self->daemon), TRUE);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("manager", run_manager, self);
  g_mutex_lock (&self->mutex);
  while (!self->ready)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

static void
manager_stop (Manager *self)
{
  g_main_loop_quit (self->loop);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->asked, g_variant_unref);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_test_dbus_down (self->daemon);
  g_object_unref (self->daemon);
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
}

static void
the_process_and_its_limit_are_what_systemd_is_told (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *properties = NULL;
  g_autoptr (GVariant) list = NULL;
  const char *unit, *mode;
  Manager manager;

  manager_start (&manager, "done");
  if (!sys_scope_place (4711, 123456, USEC, &error))
    fail_msg ("%s", error->message);
  g_variant_get (manager.asked, "(&s&s@a(sv)@a(sa(sv)))", &unit, &mode, &list, NULL);
  assert_string_equal (unit, "kvol-server-4711.scope");
  assert_string_equal (mode, "fail");
  properties = g_variant_print (list, TRUE);
  assert_non_null (strstr (properties, "('PIDs', <[uint32 4711]>)"));
  assert_non_null (strstr (properties, "('MemoryMax', <uint64 123456>)"));
  assert_non_null (strstr (properties, "('CollectMode', <'inactive-or-failed'>)"));
  manager_stop (&manager);
}

static void
assert_no_scope (const char *result, gint64 usec, const char *text)
{
  g_autoptr (GError) error = NULL;
  Manager manager;

  manager_start (&manager, result);
  assert_false (sys_scope_place (4711, 123456, usec, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  if (strstr (error->message, text) == NULL)
    fail_msg ("\"%s\" does not say \"%s\"", error->message, text);
  manager_stop (&manager);
}

static void
a_job_that_fails_is_told (void **state)
{
  assert_no_scope ("failed", USEC, "its job ended with \"failed\"");
}

static void
a_refusal_is_told (void **state)
{
  assert_no_scope ("", USEC, "it is there");
}

static void
a_manager_that_does_not_come_to_an_end_is_not_waited_for (void **state)
{
  assert_no_scope (NULL, 200 * G_TIME_SPAN_MILLISECOND, "it does not answer");
}

static void
a_bus_that_is_not_there_is_told (void **state)
{
  g_autoptr (GError) error = NULL;

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  assert_false (sys_scope_place (4711, 1, USEC, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
}

static void
it_is_offered_where_systemd_runs (void **state)
{
  assert_int_equal (mount ("none", "/run", "tmpfs", 0, NULL), 0);
  assert_false (sys_scope_is_offered ());
  assert_int_equal (g_mkdir_with_parents ("/run/systemd/system", 0755), 0);
  assert_true (sys_scope_is_offered ());
  assert_int_equal (umount2 ("/run", MNT_DETACH), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_process_and_its_limit_are_what_systemd_is_told),
    cmocka_unit_test (a_job_that_fails_is_told),
    cmocka_unit_test (a_refusal_is_told),
    cmocka_unit_test (a_manager_that_does_not_come_to_an_end_is_not_waited_for),
    cmocka_unit_test (a_bus_that_is_not_there_is_told),
    cmocka_unit_test (it_is_offered_where_systemd_runs),
  };
  g_autofree char *daemon = g_find_program_in_path ("dbus-daemon");
  const char *reason = NULL;

  if (!scratch_enter (&reason) || (daemon == NULL && (reason = "there is no dbus-daemon")))
    {
      g_print ("ok - scopes # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("scopes", tests, NULL, NULL);
}

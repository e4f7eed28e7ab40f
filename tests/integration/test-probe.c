/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe as callers meet it: through the library, where the plugin runs in a worker, through a pod that has such a
 * volume, and through kvol-agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>
#include <kvol/kvol.h>

#include "nfs-server/fault.h"
#include "nfs-server/server.h"
#include "support/built.h"
#include "support/own-net.h"
#include "support/scratch.h"
#include "support/story.h"

#define PLUGIN "kubernetes.io/nfs"
#define OPTIONS(...)                                                                                                   \
  (const char *const[])                                                                                                \
  {                                                                                                                    \
    __VA_ARGS__, NULL                                                                                                  \
  }

static gboolean
is_built (void)
{
  g_autofree char *file = built_path ("plugins/kvol-nfs.so");

  return g_file_test (file, G_FILE_TEST_EXISTS);
}

#define NEED_PLUGIN()                                                                                                  \
  if (!is_built ())                                                                                                    \
  skip_because ("built without NFS (NFS=0)")

static KvolManager *
open_manager (const char *config)
{
  g_autofree char *root = scratch_dir ("probe");
  g_autofree char *plugins = built_path ("plugins");
  g_autoptr (GVariant) parsed = config != NULL ? g_variant_ref_sink (g_variant_new_parsed (config)) : NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) problems = NULL;
  KvolManager *manager = kvol_manager_new (root, &error);

  assert_null (error);
  assert_true (kvol_manager_load_plugins (manager, plugins, parsed, &problems, &error));
  if (problems[0] != NULL)
    fail_msg ("%s", problems[0]);
  return manager;
}

static GVariant *
probe (KvolManager *manager, const char *server, const char *const *options, GCancellable *cancellable, GError **error)
{
  return kvol_manager_probe (manager, PLUGIN,
                             g_variant_new_parsed ("{'server': <%s>, 'path': <'/exports/data'>}", server), options,
                             cancellable, error);
}

/* ---- the library ---- */

static void
the_library_answers_with_the_steps_of_a_healthy_server (void **state)
{
  NEED_PLUGIN ();

  const NfsFaultPlan healthy = { .kind = NFS_FAULT_ANSWER };
  g_autoptr (KvolManager) manager = open_manager (NULL);
  g_autoptr (NfsFault) server = nfs_fault_start (&healthy, NULL);
  g_autofree char *ports =
      g_strdup_printf ("vers=3,port=%u,mountport=%u", nfs_fault_port (server), nfs_fault_port (server));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) steps = probe (manager, "127.0.0.1", OPTIONS (ports), NULL, &error);

  assert_null (error);
  assert_string_equal (g_variant_get_type_string (steps), "a(sssx)");
  assert_int_equal (g_variant_n_children (steps), 7);
  for (gsize i = 0; i < 7; i++)
    {
      const char *cause;

      g_variant_get_child (steps, i, "(&s&s&sx)", NULL, &cause, NULL, NULL);
      assert_string_equal (cause, "");
    }
}

static void
the_library_answers_with_the_cause_of_a_failure (void **state)
{
  NEED_PLUGIN ();

  g_autoptr (KvolManager) manager = open_manager (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) steps = probe (manager, "127.0.0.1", OPTIONS ("vers=4"), NULL, &error);
  const char *step;
  const char *cause;

  assert_null (error);
  assert_int_equal (g_variant_n_children (steps), 2);
  g_variant_get_child (steps, 1, "(&s&s&sx)", &step, &cause, NULL, NULL);
  assert_string_equal (step, "connect");
  assert_string_equal (cause, "nfs.connection-refused");
}

static void
what_cannot_be_asked_is_an_error (void **state)
{
  NEED_PLUGIN ();

  g_autoptr (KvolManager) manager = open_manager (NULL);
  static const struct
  {
    const char *plugin;
    const char *options;
    const char *mount_option;
    int code;
    const char *message;
  } rows[] = {
    { "example.test/none", "@a{sv} {}", NULL, KVOL_ERROR_NOT_SUPPORTED,
      "no volume plugin \"example.test/none\" is loaded" },
    { "kubernetes.io/empty-dir", "@a{sv} {}", NULL, KVOL_ERROR_NOT_SUPPORTED,
      "volume plugin \"kubernetes.io/empty-dir\" has nobody to ask" },
    { PLUGIN, "@a{sv} {}", NULL, KVOL_ERROR_INVALID_SPEC, "nfs.server: Required value" },
    { PLUGIN, "{'server': <'fs1'>, 'path': <'/'>}", "vers=7", KVOL_ERROR_INVALID_SPEC,
      "mount option \"vers=7\": its value must be one of: 3 4 4.0 4.1 4.2" },
    { PLUGIN, "'server'", NULL, KVOL_ERROR_INVALID_SPEC, "the fields of a volume are an a{sv}, not \"s\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_null (kvol_manager_probe (manager, rows[i].plugin, g_variant_new_parsed (rows[i].options),
                                       OPTIONS (rows[i].mount_option), NULL, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, rows[i].code));
      assert_string_equal (error->message, rows[i].message);
    }
}

static gpointer
cancel_later (gpointer cancellable)
{
  g_usleep (50 * 1000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
a_cancelled_probe_ends_though_the_server_is_silent (void **state)
{
  NEED_PLUGIN ();

  const NfsFaultPlan hole = { .kind = NFS_FAULT_BLACK_HOLE };
  g_autoptr (KvolManager) manager = open_manager ("{'kubernetes.io/nfs': <{'probeTimeoutSeconds': <int64 25>}>}");
  g_autoptr (NfsFault) server = nfs_fault_start (&hole, NULL);
  g_autofree char *port = g_strdup_printf ("port=%u", nfs_fault_port (server));
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  gint64 began = g_get_monotonic_time ();
  GThread *thread = g_thread_new ("cancel", cancel_later, cancellable);

  assert_null (probe (manager, "127.0.0.1", OPTIONS (port), cancellable, &error));
  g_thread_join (thread);
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_true (g_get_monotonic_time () - began < 20 * G_TIME_SPAN_SECOND);
  g_clear_error (&error);

  /* Its worker was ended; the next question gets another. */
  g_autoptr (GVariant) steps = probe (manager, "127.0.0.1", OPTIONS ("port=1"), NULL, &error);

  assert_null (error);
  assert_int_equal (g_variant_n_children (steps), 2);
}

/* ---- a pod ---- */

#define NFS_POD(path)                                                                                                  \
  "{'containers': <[{'name': <'c'>}]>, 'volumes': <[{'name': <'data'>, 'nfs': <{'server': <'127.0.0.1'>, 'path': "     \
  "<'" path "'>}>}]>}"

static void
a_pod_whose_server_refuses_is_tried_again_and_taken_down (void **state)
{
  NEED_PLUGIN ();

  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", NFS_POD ("/exports/data"));
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_non_null (strstr (error->message, "volume \"data\" of pod \"default/web\": nfs.connection-refused: "));
  story_remove (story, pod);
  story_end (story);
}

static void
a_pod_with_a_hostile_path_is_refused (void **state)
{
  NEED_PLUGIN ();

  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod ("web", NFS_POD ("exports"));
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_non_null (strstr (error->message, "nfs.path: Invalid value: \"exports\": must be an absolute path"));
  story_remove (story, pod);
  story_end (story);
}

/* ---- kvol-agent ---- */

typedef struct
{
  int code;
  char *out;
  char *err;
} Run;

static void
run_clear (Run *self)
{
  g_free (self->out);
  g_free (self->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
become_nobody (gpointer data)
{
  if (setgid (65534) != 0 || setuid (65534) != 0)
    _exit (99);
}

static Run
agent (gboolean as_nobody, const char *url, const char *format)
{
  g_autofree char *program = built_path ("bin/kvol-agent");
  const char *const argv[] = { program, "probe", "-o", format, url, NULL };
  g_autoptr (GError) error = NULL;
  Run run = { 0 };
  int status = 0;

  assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, as_nobody ? become_nobody : NULL, NULL,
                             &run.out, &run.err, &status, &error));
  assert_true (WIFEXITED (status));
  run.code = WEXITSTATUS (status);
  return run;
}

static void
assert_agent (const char *url, int code, const char *out, const char *err)
{
  g_auto (Run) run = agent (FALSE, url, "table");

  if (run.code != code || strstr (run.out, out) == NULL || strstr (run.err, err) == NULL)
    fail_msg ("%s: exit %d\n%s%s", url, run.code, run.out, run.err);
}

static void
kvol_agent_says_the_cause_then_the_sentence_and_ends_with_1 (void **state)
{
  NEED_PLUGIN ();

  assert_agent ("nfs://127.0.0.1/exports/data?version=4", 1,
                " nfs.connection-refused: 127.0.0.1:2049 refuses connections; start the service", "");
  assert_agent ("nfs://[::1]/exports/data?version=3", 1, " nfs.portmapper-unavailable: no portmapper", "");
  assert_agent ("nfs://10.99.99.99/exports/data", 1, " nfs.unreachable: 10.99.99.99:2049", "");
}

static gboolean
kernel_has_nfs_4 (void)
{
  KVOL_AUTO_FD context = (int) syscall (SYS_fsopen, "nfs4", 0);

  return context >= 0;
}

/* To whom has not it would be one more thing that does not work. */
static void
version_4_is_advised_to_whom_has_it (void **state)
{
  const char *const url = "nfs://127.0.0.1/exports/data?version=3";
  NEED_PLUGIN ();

  g_auto (Run) run = agent (FALSE, url, "table");

  assert_non_null (strstr (run.out, "mount options port and mountport"));
  assert_int_equal (strstr (run.out, ", or use vers=4") != NULL, kernel_has_nfs_4 ());
}

static void
kvol_agent_refuses_bad_urls_with_2 (void **state)
{
  NEED_PLUGIN ();

  assert_agent ("http://127.0.0.1/data", 2, "", "does not begin with nfs://");
  assert_agent ("nfs:///data", 2, "", "names no server");
  assert_agent ("nfs://127.0.0.1", 2, "", "names no path");
  assert_agent ("nfs://127.0.0.1:2049/data", 2, "", "a port is said as ?nfsport=N");
  assert_agent ("nfs://root@127.0.0.1/data", 2, "", "no user");
  assert_agent ("nfs://127.0.0.1/data#x", 2, "", "no fragment");
  assert_agent ("nfs://127.0.0.1/data?uid=0", 2, "", "no parameter \"uid\"");
  assert_agent ("nfs://127.0.0.1/data?version", 2, "", "see kvol-agent probe --help");
  assert_agent ("nfs://127.0.0.1/data?version=7", 2, "", "mount option \"vers=7\"");
  assert_agent ("nfs://127.0.0.1/data?nfsport=70000", 2, "", "mount option \"port=70000\"");
  assert_agent ("nfs://127.0.0.1/data?version=4,addr=1.2.3.4", 2, "", "mount option \"addr=1.2.3.4\"");
  assert_agent ("nfs://127.0.0.1/a%0Ab", 2, "", "nfs.path: Invalid value");
  assert_agent ("nfs://127.0.0.1/a%00b", 2, "", "see kvol-agent probe --help");
  assert_agent ("nfs://fs1,ro/data", 2, "", "nfs.server: Invalid value");
}

static void
kvol_agent_asks_a_real_server_also_for_an_ordinary_user (void **state)
{
  NEED_PLUGIN ();

  g_autofree char *reason = NULL;
  g_autofree char *data = scratch_dir ("data");
  const NfsExport exports[] = { { .path = "/exports/data", .directory = data }, { .path = NULL } };
  g_autoptr (GError) error = NULL;

  if (!nfs_server_works (&reason))
    skip_because (reason);

  g_autoptr (NfsServer) server = nfs_server_start (&(NfsServerSettings){ .exports = exports }, &error);

  if (server == NULL)
    fail_msg ("%s", error->message);
  assert_agent ("nfs://127.0.0.1/exports/data?version=3&nfsport=2049&mountport=20048", 0, "access", "");
  assert_agent ("nfs://127.0.0.1/exports/data", 0, "this user may: read", "");
  assert_agent ("nfs://localhost/exports/nothing", 1, " nfs.export-unavailable-or-denied: ", "");

  g_auto (Run) json = agent (FALSE, "nfs://127.0.0.1/exports/data?version=4.1", "json");

  assert_int_equal (json.code, 0);
  assert_non_null (strstr (json.out, "\"cause\" : null"));
  assert_non_null (strstr (json.out, "\"step\" : \"access\""));
  assert_non_null (strstr (json.out, "\"microseconds\" : "));

  if (!scratch_is_real_root ())
    skip_because ("only root can become another user");

  g_auto (Run) nobody = agent (TRUE, "nfs://127.0.0.1/exports/data?version=4", "table");

  if (nobody.code != 0)
    fail_msg ("exit %d\n%s%s", nobody.code, nobody.out, nobody.err);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_library_answers_with_the_steps_of_a_healthy_server),
    cmocka_unit_test (the_library_answers_with_the_cause_of_a_failure),
    cmocka_unit_test (what_cannot_be_asked_is_an_error),
    cmocka_unit_test (a_cancelled_probe_ends_though_the_server_is_silent),
    cmocka_unit_test (a_pod_whose_server_refuses_is_tried_again_and_taken_down),
    cmocka_unit_test (a_pod_with_a_hostile_path_is_refused),
    cmocka_unit_test (kvol_agent_says_the_cause_then_the_sentence_and_ends_with_1),
    cmocka_unit_test (version_4_is_advised_to_whom_has_it),
    cmocka_unit_test (kvol_agent_refuses_bad_urls_with_2),
    cmocka_unit_test (kvol_agent_asks_a_real_server_also_for_an_ordinary_user),
  };

  if (!own_net_enter ("probe"))
    return 0;
  if (scratch_is_real_root ())
    built_open_for_all ();
  return cmocka_run_group_tests_name ("probe", tests, NULL, NULL);
}

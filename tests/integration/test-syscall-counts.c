/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many system calls an operation takes. Time is not asserted anywhere: it depends on the machine, and these counts
 * do not. Every bound is what was counted when it was written; whoever needs more says why, whoever gets by with less
 * lowers it. Calls that cannot fail or change nothing by themselves (close, read, futex) are not among them: what is
 * counted is what the supervisor knows. */

#include "support/supervisor.h"

/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <kvol/kvol.h>

#include "support/built.h"
#include "support/memory-store.h"
#include "support/scratch.h"

typedef enum
{
  SET_UP,
  SYNC_AGAIN,   /* nothing has changed */
  SYNC_EQUAL,   /* another version of the object, with the same content */
  SYNC_CHANGED, /* one key of ten is another */
  TAKE_DOWN,
} Operation;

typedef struct
{
  const char *name;
  const char *volume; /* GVariant text */
  Operation operation;
  guint most;
} Row;

#define EMPTY_DIR "{'name': <'data'>, 'emptyDir': <@a{sv} {}>}"
#define MEMORY "{'name': <'data'>, 'emptyDir': <{'medium': <'Memory'>}>}"
#define HOST_PATH "{'name': <'data'>, 'hostPath': <{'path': <'/'>, 'type': <'Directory'>}>}"
#define CONFIG_MAP "{'name': <'data'>, 'configMap': <{'name': <'ten'>}>}"
#define SECRET "{'name': <'data'>, 'secret': <{'secretName': <'ten'>}>}"
#define DOWNWARD                                                                                                       \
  "{'name': <'data'>, 'downwardAPI': <{'items': <[{'path': <'name'>, 'fieldRef': <{'fieldPath': "                      \
  "<'metadata.name'>}>}]>}>}"
/* Of / nobody may make a bind mount in a user namespace, because of what is mounted below it. */
#define DISTANT                                                                                                        \
  "{'name': <'data'>, 'flexVolume': <{'driver': <'example.test/distant'>, 'options': <{'path': "                       \
  "<'/usr/bin'>}>}>}"
#define PROJECTED                                                                                                      \
  "{'name': <'data'>, 'projected': <{'sources': <[{'secret': <{'name': <'ten'>}>}, {'configMap': <{'name': "           \
  "<'ten'>}>}]>}>}"

static const Row rows[] = {
  { "setting an emptyDir up", EMPTY_DIR, SET_UP, 23 },
  { "syncing an emptyDir again", EMPTY_DIR, SYNC_AGAIN, 1 },
  { "taking an emptyDir down", EMPTY_DIR, TAKE_DOWN, 18 },
  /* One more where tmpfs has no noswap, and that is said. */
  { "setting an emptyDir in memory up", MEMORY, SET_UP, 31 },
  { "syncing an emptyDir in memory again", MEMORY, SYNC_AGAIN, 1 },
  { "taking an emptyDir in memory down", MEMORY, TAKE_DOWN, 19 },
  { "setting a hostPath up", HOST_PATH, SET_UP, 9 },
  { "taking a hostPath down", HOST_PATH, TAKE_DOWN, 9 },
  { "setting a configMap of ten keys up", CONFIG_MAP, SET_UP, 73 },
  { "syncing a configMap of ten keys again", CONFIG_MAP, SYNC_AGAIN, 13 },
  { "comparing a configMap of ten keys", CONFIG_MAP, SYNC_EQUAL, 16 },
  { "changing a configMap of ten keys", CONFIG_MAP, SYNC_CHANGED, 53 },
  { "taking a configMap of ten keys down", CONFIG_MAP, TAKE_DOWN, 50 },
  { "setting a secret of ten keys up", SECRET, SET_UP, 83 },
  { "syncing a secret of ten keys again", SECRET, SYNC_AGAIN, 14 },
  { "comparing a secret of ten keys", SECRET, SYNC_EQUAL, 16 },
  { "changing a secret of ten keys", SECRET, SYNC_CHANGED, 53 },
  { "taking a secret of ten keys down", SECRET, TAKE_DOWN, 19 },
  { "setting a downwardAPI of one item up", DOWNWARD, SET_UP, 49 },
  { "syncing a downwardAPI of one item again", DOWNWARD, SYNC_AGAIN, 5 },
  { "taking a downwardAPI of one item down", DOWNWARD, TAKE_DOWN, 19 },
  { "setting ten keys from two sources up", PROJECTED, SET_UP, 83 },
  { "syncing ten keys from two sources again", PROJECTED, SYNC_AGAIN, 14 },
  { "comparing ten keys from two sources", PROJECTED, SYNC_EQUAL, 16 },
  { "changing ten keys from two sources", PROJECTED, SYNC_CHANGED, 53 },
  { "taking ten keys from two sources down", PROJECTED, TAKE_DOWN, 19 },
};

/* In the supervised child a failed assertion would go on with the next test. */
static void
must (gboolean ok, GError **error)
{
  if (!ok)
    g_error ("%s", *error != NULL ? (*error)->message : "no reason given");
}

static KvolPod *
pod_of (const char *name, const char *volume)
{
  g_autofree char *text = g_strdup_printf ("{'metadata': <{'name': <'%s'>, 'uid': <'%s'>}>,"
                                           " 'spec': <{'volumes': <[%s]>,"
                                           "  'containers': <[{'name': <'main'>, 'volumeMounts': <["
                                           "   {'name': <'data'>, 'mountPath': <'/data'>}]>}]>}>}",
                                           name, name, volume);
  g_autoptr (GError) error = NULL;
  GVariant *object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  KvolPod *pod = NULL;

  must (object != NULL, &error);
  pod = kvol_pod_new (object, &error);
  must (pod != NULL, &error);
  return pod;
}

static void
set_objects (MemoryStore *store, const char *fifth)
{
  static const char *const kinds[] = { "ConfigMap", "Secret" };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    memory_store_set (store, kinds[i], "default", "ten", "k0", "a", "k1", "b", "k2", "c", "k3", "d", "k4", "e", "k5",
                      fifth, "k6", "g", "k7", "h", "k8", "i", "k9", "j", NULL);
}

static KvolManager *
open_manager (MemoryStore *store)
{
  g_autofree char *root = scratch_dir ("counted");
  g_autofree char *plugins = g_build_filename (g_getenv ("B"), "plugins", NULL);
  g_autofree char *distant = built_fixture_dir ("distant");
  g_auto (GStrv) problems = NULL;
  g_auto (GStrv) more = NULL;
  g_autoptr (GError) error = NULL;
  KvolManager *manager = kvol_manager_new (root, &error);

  must (manager != NULL, &error);
  kvol_manager_set_store (manager, KVOL_STORE (store));
  must (kvol_manager_load_plugins (manager, plugins, NULL, &problems, &error), &error);
  must (problems[0] == NULL, &error);
  must (kvol_manager_load_plugins (manager, distant, NULL, &more, &error), &error);
  must (more[0] == NULL, &error);
  return manager;
}

static void
sync_pod (KvolManager *manager, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  must (kvol_manager_sync_pod (manager, pod, NULL, &error), &error);
}

static void
remove_pod (KvolManager *manager, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  must (kvol_manager_remove_pod (manager, kvol_pod_get_uid (pod), NULL, &error), &error);
}

/* What is probed once has been, when the counting begins. */
static int
operate (gpointer data)
{
  const Row *row = data;
  g_autoptr (MemoryStore) store = memory_store_new ();
  g_autoptr (KvolManager) manager = open_manager (store);
  g_autoptr (KvolPod) first = pod_of ("first", row->volume);
  g_autoptr (KvolPod) pod = pod_of ("counted", row->volume);

  set_objects (store, "f");
  sync_pod (manager, first);
  remove_pod (manager, first);
  if (row->operation != SET_UP)
    sync_pod (manager, pod);
  if (row->operation == SYNC_EQUAL || row->operation == SYNC_CHANGED)
    set_objects (store, row->operation == SYNC_EQUAL ? "f" : "another");

  supervisor_begin ();
  if (row->operation == TAKE_DOWN)
    remove_pod (manager, pod);
  else
    sync_pod (manager, pod);
  supervisor_end ();

  if (row->operation != TAKE_DOWN)
    remove_pod (manager, pod);
  return 0;
}

/* "mkdirat 7, openat 9" */
static char *
tell_counts (const SupervisorResult *result)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < supervisor_n_calls; i++)
    if (result->counts[supervisor_calls[i].nr] > 0)
      g_string_append_printf (text, "%s%s %u", text->len > 0 ? ", " : "", supervisor_calls[i].name,
                              result->counts[supervisor_calls[i].nr]);
  return g_string_free (text, FALSE);
}

static void
the_operation_takes_no_more_calls_than_it_did (void **state)
{
  Row *row = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *counts = NULL;

  if (!supervisor_run (&plan, operate, row, &result, &error))
    fail_msg ("%s", error->message);
  assert_int_equal (result.wait_status, 0);
  counts = tell_counts (&result);
  print_message ("# %s: %u calls: %s\n", row->name, result.total, counts);
  assert_in_range (result.total, 1, row->most);
}

static int
live (gpointer data)
{
  g_autoptr (MemoryStore) store = memory_store_new ();
  g_autoptr (KvolManager) manager = open_manager (store);
  g_autoptr (KvolPod) pod = pod_of ("pod", data);

  set_objects (store, "f");
  sync_pod (manager, pod);
  sync_pod (manager, pod);
  remove_pod (manager, pod);
  return 0;
}

/* It has a line for each mount of the machine, whoever made it. */
static void
no_volume_needs_a_look_at_all_mounts (void **state)
{
  static const char *const volumes[] = { EMPTY_DIR, MEMORY, HOST_PATH, CONFIG_MAP, SECRET, PROJECTED, DISTANT };
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT, .start_path = "/proc/self/mountinfo" };

  for (gsize i = 0; i < G_N_ELEMENTS (volumes); i++)
    {
      SupervisorResult result = { 0 };
      g_autoptr (GError) error = NULL;

      if (!supervisor_run (&plan, live, (gpointer) volumes[i], &result, &error))
        fail_msg ("%s", error->message);
      if (result.wait_status != 0)
        fail_msg ("the life of %s failed", volumes[i]);
      if (result.total != 0)
        fail_msg ("the mounts are looked through for %s", volumes[i]);
    }
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + 1] = { cmocka_unit_test (no_volume_needs_a_look_at_all_mounts) };
  char *names[G_N_ELEMENTS (rows)];
  const char *reason = NULL;
  int failed;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - operations take no more system calls than they did # SKIP %s\n", reason);
      return 0;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      names[i] = g_strdup_printf ("%s takes at most %u system calls", rows[i].name, rows[i].most);
      tests[i + 1] = (struct CMUnitTest){
        .name = names[i],
        .test_func = the_operation_takes_no_more_calls_than_it_did,
        .initial_state = (void *) &rows[i],
      };
    }
  failed = cmocka_run_group_tests_name ("system call counts", tests, NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_free (names[i]);
  return failed;
}

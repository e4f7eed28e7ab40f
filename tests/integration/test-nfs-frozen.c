/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that freezes, dies or is without power while a pod's volume is set up, used or taken down: no call takes
 * longer than it may, and other pods get their volumes as fast as ever. It is the same for the kernel's client and for
 * the server in user space: whichever this machine has is tested. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nfs-server/gate.h"
#include "support/nfs-story.h"
#include "support/scratch.h"
#include "support/writer.h"

#define OTHER_PORT 3049
#define OTHER_MOUNT_PORT 30048
#define GATE_PORT 2050

/* What is promised, and what a machine that is ten times slower needs beside. */
#define PROBE_SECONDS 2
#define SLACK_SECONDS 10
#define SET_UP_SECONDS (PROBE_SECONDS + SLACK_SECONDS)
#define TEARDOWN_SECONDS (10 + SLACK_SECONDS)

/* Of one call, where a test waits for its end; elsewhere the default of half a minute holds, so that nobody's set-up on
 * a slow machine is taken for one that hangs. */
#define CALL_SECONDS 10

/* How much longer the others may take; below the floor nothing can be measured. */
#define TIMES_SLOWER 10
#define FLOOR_USEC (50 * G_TIME_SPAN_MILLISECOND)

/* The story's server is the one in trouble. */
typedef struct
{
  NfsStory *nfs;
  Story *story; /* of that */
  NfsServer *server;
  NfsServer *other;
} Ground;

/* ---- two servers, and pods of theirs ---- */

static int
begin (void **state, const char *config)
{
  static const NfsServerSettings settings = { .port = OTHER_PORT, .mount_port = OTHER_MOUNT_PORT };
  Ground *self = g_new0 (Ground, 1);
  g_autofree char *other = scratch_dir ("other");

  self->other = nfs_story_start_server (other, &settings);
  self->nfs = nfs_story_begin (NULL, config);
  self->story = self->nfs->story;
  self->server = self->nfs->server;
  memory_store_set (self->story->store, "ConfigMap", "default", "settings", "color", "blue", NULL);
  *state = self;
  return 0;
}

#define PROBE_CONFIG "'probeTimeoutSeconds': <int64 " G_STRINGIFY (PROBE_SECONDS) ">"

static int
enter (void **state)
{
  return begin (state, "{'kubernetes.io/nfs': <{" PROBE_CONFIG "}>}");
}

static int
enter_with_short_calls (void **state)
{
  return begin (state, "{'kubernetes.io/nfs': <{" PROBE_CONFIG
                       ", 'timeoutSeconds': <int64 " G_STRINGIFY (CALL_SECONDS) ">}>}");
}

static int
leave (void **state)
{
  Ground *self = *state;

  /* A manager keeps workers for what comes next; they are not what is to be looked for. */
  story_restart (self->story);
  nfs_story_end (self->nfs);
  nfs_server_stop (self->other);
  g_free (self);
  return 0;
}

static KvolPod *
nfs_pod (const char *name, guint16 port, guint16 mount_port, const char *more)
{
  g_autofree char *options = g_strdup_printf ("'port=%u,mountport=%u,nolock%s'", port, mount_port, more);

  return nfs_story_pod (name, &(NfsStoryVolume){ .options = options });
}

static KvolPod *
new_pod (const char *name)
{
  return nfs_pod (name, NFS_PORT, NFS_MOUNT_PORT, "");
}

/* Sets up and takes down a pod with an emptyDir and a configMap, and one of the other server's; how long it took. */
static gint64
serve_others (Ground *self)
{
  g_autoptr (KvolPod) plain =
      story_pod ("plain", "{'volumes': <[{'name': <'scratch'>, 'emptyDir': <@a{sv} {}>}, {'name': <'config'>, "
                          "'configMap': <{'name': <'settings'>}>}]>}");
  g_autoptr (KvolPod) nfs = nfs_pod ("others", OTHER_PORT, OTHER_MOUNT_PORT, "");
  const gint64 began = g_get_monotonic_time ();

  story_sync (self->story, plain);
  story_sync (self->story, nfs);
  story_remove (self->story, nfs);
  story_remove (self->story, plain);
  return g_get_monotonic_time () - began;
}

static void
assert_others_are_as_fast (Ground *self, gint64 usual)
{
  const gint64 now = serve_others (self);

  print_message ("# others: %d ms, usually %d ms\n", (int) (now / 1000), (int) (usual / 1000));
  assert_true (now <= TIMES_SLOWER * MAX (usual, FLOOR_USEC));
}

#define WITHIN(seconds, statement)                                                                                     \
  do                                                                                                                   \
    {                                                                                                                  \
      const gint64 began_ = g_get_monotonic_time ();                                                                   \
      statement;                                                                                                       \
      const int took_ = (int) ((g_get_monotonic_time () - began_) / 1000);                                             \
      if (took_ > (seconds) *1000)                                                                                     \
        fail_msg ("%d ms: %s", took_, #statement);                                                                     \
    }                                                                                                                  \
  while (0)

/* ---- calls that run while others are made ---- */

typedef struct
{
  gboolean done;
  gboolean good;
  GError *error;
} Outcome;

static void
sync_done (GObject *manager, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  outcome->good = kvol_manager_sync_pod_finish (KVOL_MANAGER (manager), result, &outcome->error);
  outcome->done = TRUE;
}

static void
remove_done (GObject *manager, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  outcome->good = kvol_manager_remove_pod_finish (KVOL_MANAGER (manager), result, &outcome->error);
  outcome->done = TRUE;
}

static void
await_outcome (const Outcome *outcome)
{
  while (!outcome->done)
    g_main_context_iteration (NULL, TRUE);
}

static void
await_state (Ground *self, const char *name, const char *wanted)
{
  g_autofree char *state = NULL;

  while (g_strcmp0 (state, wanted) != 0)
    {
      g_usleep (G_TIME_SPAN_MILLISECOND);
      g_free (state);
      state = story_state (self->story, name, "data");
    }
}

/* What is wrong with a server that says nothing, and what is told of it. */
typedef struct
{
  gboolean (*begin) (NfsServer *server, GError **error);
  gboolean (*end) (NfsServer *server, GError **error);
  const char *cause;
} Silence;

static const Silence frozen = { nfs_server_freeze, nfs_server_thaw, "nfs.no-answer" };
static const Silence unplugged = { nfs_server_unplug, nfs_server_restart, "nfs.connect-timeout" };

/* ---- during set-up ---- */

static void
assert_set_up_costs_one_deadline (Ground *self, const Silence *silence)
{
  g_autoptr (KvolPod) pod = new_pod ("web");
  gint64 usual = serve_others (self);
  Outcome outcome = { 0 };
  const gint64 began = g_get_monotonic_time ();

  assert_true (silence->begin (self->server, NULL));
  kvol_manager_sync_pod_async (self->story->manager, pod, NULL, sync_done, &outcome);
  await_state (self, "web", "mounting");
  assert_others_are_as_fast (self, usual);
  /* Both were under way at the same time, unless this machine is very slow. */
  WITHIN (SET_UP_SECONDS, await_outcome (&outcome));
  assert_true (g_get_monotonic_time () - began >= PROBE_SECONDS * G_TIME_SPAN_SECOND);
  assert_false (outcome.good);
  assert_true (g_error_matches (outcome.error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  if (strstr (outcome.error->message, silence->cause) == NULL)
    fail_msg ("%s", outcome.error->message);
  g_error_free (outcome.error);
  /* What waits for a frozen server has a worker of its own; the next one is not in its way. */
  assert_others_are_as_fast (self, usual);
  WITHIN (TEARDOWN_SECONDS, story_remove (self->story, pod));
  assert_true (silence->end (self->server, NULL));
}

static void
a_frozen_server_costs_its_pod_one_deadline_and_others_nothing (void **state)
{
  assert_set_up_costs_one_deadline (*state, &frozen);
}

static void
a_server_without_power_costs_its_pod_one_deadline_and_others_nothing (void **state)
{
  assert_set_up_costs_one_deadline (*state, &unplugged);
}

/* The probe was fine, so there is a mount to wait for: it is broken off. */
static void
assert_gate_is_survived (Ground *self, const char *version)
{
  g_autoptr (KvolPod) pod = nfs_pod ("web", GATE_PORT, NFS_MOUNT_PORT, version);
  g_autoptr (GError) error = NULL;
  NfsGate *gate = nfs_gate_open (GATE_PORT, self->server, 2, NULL);

  assert_non_null (gate);
  WITHIN (CALL_SECONDS + SLACK_SECONDS, assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error)));
  if (strstr (error->message, "did not answer") == NULL)
    fail_msg ("%s", error->message);
  WITHIN (TEARDOWN_SECONDS, story_remove (self->story, pod));
  assert_true (nfs_gate_close (gate));
  assert_true (nfs_server_thaw (self->server, NULL));

  gate = nfs_gate_open (GATE_PORT, self->server, 0, NULL);
  assert_non_null (gate);
  story_sync (self->story, pod);
  story_remove (self->story, pod);
  assert_false (nfs_gate_close (gate));
}

static void
a_server_that_freezes_between_probe_and_mount_fails_the_set_up_at_its_deadline (void **state)
{
  static const char *const versions[] = { ",vers=3", ",vers=4.1" };

  /* In user space there is version 3 alone. */
  for (gsize i = 0; i < (nfs_story_kernel_has_client () ? G_N_ELEMENTS (versions) : 1); i++)
    assert_gate_is_survived (*state, versions[i]);
}

static void
a_pod_that_is_removed_while_its_set_up_waits_is_gone_soon (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = new_pod ("web");
  Outcome outcome = { 0 };

  assert_true (nfs_server_freeze (self->server, NULL));
  kvol_manager_sync_pod_async (self->story->manager, pod, NULL, sync_done, &outcome);
  await_state (self, "web", "mounting");
  WITHIN (TEARDOWN_SECONDS, story_remove (self->story, pod));
  await_outcome (&outcome);
  assert_false (outcome.good);
  g_clear_error (&outcome.error);
  assert_true (nfs_server_thaw (self->server, NULL));
}

/* It is tried again by itself, and nobody asks for it. */
static void
a_pod_gets_its_volume_when_the_server_comes (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = new_pod ("web");
  g_autoptr (GError) error = NULL;

  assert_true (nfs_server_kill (self->server, NULL));
  WITHIN (SET_UP_SECONDS, assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error)));
  assert_non_null (strstr (error->message, "nfs.connection-refused"));
  assert_true (nfs_server_restart (self->server, NULL));
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, NULL));
  story_remove (self->story, pod);
}

/* ---- in use ---- */

/* The server that is in trouble, asked by hand. */
static void
probe (Ground *self)
{
  static const char *const ports[] = { "port=2049,mountport=20048", NULL };
  g_autoptr (GVariant) options =
      g_variant_ref_sink (g_variant_new_parsed ("{'server': <'127.0.0.1'>, 'path': <'" NFS_STORY_EXPORT "'>}"));
  g_autoptr (GVariant) steps =
      kvol_manager_probe (self->story->manager, "kubernetes.io/nfs", options, ports, NULL, NULL);
  const char *cause = NULL;

  assert_non_null (steps);
  g_variant_get_child (steps, g_variant_n_children (steps) - 1, "(&s&s&sx)", NULL, &cause, NULL, NULL);
  assert_true (g_str_has_prefix (cause, "nfs."));
}

/* Every call that somebody makes for a pod that runs. */
static void
ask_everything (Ground *self, KvolPod *pod)
{
  WITHIN (SLACK_SECONDS, g_variant_unref (kvol_manager_get_status (self->story->manager)));
  WITHIN (SLACK_SECONDS, g_ptr_array_unref (kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL)));
  WITHIN (SLACK_SECONDS,
          g_strfreev (kvol_manager_dup_environment (self->story->manager, "web-uid", "main", NULL, NULL)));
  WITHIN (SLACK_SECONDS, g_variant_unref (kvol_manager_recover (self->story->manager, TRUE, NULL, NULL)));
  WITHIN (SET_UP_SECONDS, probe (self));
  WITHIN (SET_UP_SECONDS, kvol_manager_sync_pod (self->story->manager, pod, NULL, NULL));
}

static void
assert_use_hangs_no_call (Ground *self, const Silence *silence)
{
  g_autoptr (KvolPod) pod = new_pod ("web");
  g_autofree char *file = nfs_story_path (self->nfs, "web", "file");
  gint64 usual = serve_others (self);
  Writer writer;

  story_sync (self->story, pod);
  writer_start (&writer, file, WRITER_WRITES);
  assert_true (silence->begin (self->server, NULL));
  writer_go (&writer);
  writer_await_stuck (&writer);
  ask_everything (self, pod);
  assert_others_are_as_fast (self, usual);
  story_restart (self->story);
  WITHIN (SLACK_SECONDS, g_variant_unref (kvol_manager_recover (self->story->manager, FALSE, NULL, NULL)));
  ask_everything (self, pod);

  Outcome outcome = { 0 };

  kvol_manager_remove_pod_async (self->story->manager, "web-uid", NULL, remove_done, &outcome);
  assert_others_are_as_fast (self, usual);
  WITHIN (TEARDOWN_SECONDS, await_outcome (&outcome));
  if (!outcome.good)
    fail_msg ("%s", outcome.error->message);
  assert_true (silence->end (self->server, NULL));
  writer_end (&writer);
}

static void
a_frozen_server_in_use_hangs_no_call_and_no_other_pod (void **state)
{
  assert_use_hangs_no_call (*state, &frozen);
}

static void
a_server_without_power_in_use_hangs_no_call_and_no_other_pod (void **state)
{
  assert_use_hangs_no_call (*state, &unplugged);
}

static void
a_server_that_is_gone_for_good_keeps_no_pod_from_its_end (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = new_pod ("web");
  g_autofree char *directory = nfs_story_path (self->nfs, "web", "directory");
  gint64 usual = serve_others (self);
  Writer writer;

  story_sync (self->story, pod);
  writer_start (&writer, directory, WRITER_MAKES);
  assert_true (nfs_server_kill (self->server, NULL));
  writer_go (&writer);
  writer_await_stuck (&writer);
  ask_everything (self, pod);
  assert_others_are_as_fast (self, usual);
  WITHIN (TEARDOWN_SECONDS, story_remove (self->story, pod));
  kill (writer.pid, SIGKILL);
  writer_end (&writer);
}

static void
a_server_that_comes_back_goes_on_serving (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = new_pod ("web");
  g_autofree char *file = nfs_story_path (self->nfs, "web", "file");
  g_autofree char *theirs = g_build_filename (self->nfs->data, "file", NULL);
  Writer writer;

  story_sync (self->story, pod);
  writer_start (&writer, file, WRITER_WRITES);
  assert_true (nfs_server_kill (self->server, NULL));
  writer_go (&writer);
  writer_await_stuck (&writer);
  assert_true (nfs_server_restart (self->server, NULL));
  assert_int_equal (writer_end (&writer), 0);
  assert_true (file_has (theirs, file));
  story_remove (self->story, pod);
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, enter, leave)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_GROUND (a_frozen_server_costs_its_pod_one_deadline_and_others_nothing),
    ON_GROUND (a_server_without_power_costs_its_pod_one_deadline_and_others_nothing),
    cmocka_unit_test_setup_teardown (a_server_that_freezes_between_probe_and_mount_fails_the_set_up_at_its_deadline,
                                     enter_with_short_calls, leave),
    ON_GROUND (a_pod_that_is_removed_while_its_set_up_waits_is_gone_soon),
    ON_GROUND (a_pod_gets_its_volume_when_the_server_comes),
    ON_GROUND (a_frozen_server_in_use_hangs_no_call_and_no_other_pod),
    ON_GROUND (a_server_without_power_in_use_hangs_no_call_and_no_other_pod),
    ON_GROUND (a_server_that_is_gone_for_good_keeps_no_pod_from_its_end),
    ON_GROUND (a_server_that_comes_back_goes_on_serving),
  };

  return nfs_story_enter (FALSE, "NFS servers in trouble")
             ? cmocka_run_group_tests_name ("NFS servers in trouble", tests, NULL, NULL)
             : 0;
}

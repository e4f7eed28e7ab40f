/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods with NFS volumes on a kernel that has the client, by kvol-agent: each of its commands is a process of its own.
 * What happens when the server freezes or dies at each stage, and that no command outlives its deadline then. */
#include "agent.h"
#include "kernel-nfs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/writer.h"

#define UID "11111111-1111-4111-8111-111111111111"

typedef struct
{
  const char *name;    /* of the version */
  const char *options; /* mountOptions, as a YAML list */
  gboolean portmapper; /* says where the services are */
} Version;

static const Version versions[] = {
  { "v3", "[vers=3, port=2049, mountport=20048]" },
  { "v3 by the portmapper", "[vers=3]", .portmapper = TRUE },
  { "v4.0", "[vers=4.0]" },
  { "v4.1", "[vers=4.1]" },
  { "v4 as it comes", "[]" },
};

typedef struct
{
  const Version *version;
  char *data;     /* what the server shows */
  char *manifest; /* of the pod, its claim and its volume */
  Agent agent;
  char *place; /* of the volume */
  NfsServer *server;
} Row;

static const char claimed[] =
    "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: shared}\n"
    "spec:\n  capacity: {storage: 1Gi}\n  accessModes: [ReadWriteMany]\n  storageClassName: ''\n"
    "  claimRef: {name: shared, namespace: default}\n  mountOptions: %s\n"
    "  nfs: {server: nfs-server, path: /exports}\n"
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: shared}\n"
    "spec:\n  accessModes: [ReadWriteMany]\n  storageClassName: ''\n  volumeName: shared\n"
    "  resources: {requests: {storage: 1Gi}}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: worker, uid: " UID "}\n"
    "spec:\n  containers:\n  - name: main\n    image: busybox\n"
    "    volumeMounts: [{name: nfs, mountPath: /mnt}, {name: nfs, mountPath: /part, subPath: part}]\n"
    "  volumes: [{name: nfs, persistentVolumeClaim: {claimName: shared}}]\n";

static const char inlined[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: worker, uid: " UID "}\n"
                              "spec:\n  containers:\n  - name: main\n    image: busybox\n"
                              "    volumeMounts: [{name: shared, mountPath: /mnt}]\n"
                              "  volumes: [{name: shared, nfs: {server: nfs-server, path: /exports}}]\n";

/* ---- a server, a pod and the agent for each test ---- */

static int
begin (void **state)
{
  Row *row = *state;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = row->version != NULL ? g_strdup_printf (claimed, row->version->options) : g_strdup (inlined);

  row->data = scratch_dir ("data");
  row->agent.root = scratch_dir ("root");
  row->manifest = g_strconcat (row->agent.root, ".yaml", NULL);
  row->place = g_strconcat (row->agent.root, "/pods/" UID "/volumes/kubernetes.io~nfs/shared", NULL);
  assert_true (g_file_set_contents (row->manifest, text, -1, NULL));
  const NfsExport exports[] = { { .path = "/exports", .directory = row->data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports,
                                       .portmapper = row->version != NULL && row->version->portmapper };

  row->server = nfs_server_start (&settings, &error);
  if (row->server == NULL)
    fprintf (stderr, "%s\n", error->message);
  return row->server == NULL;
}

static int
end (void **state)
{
  Row *row = *state;

  agent_run (&row->agent, "down", "--all", NULL);
  nfs_server_stop (g_steal_pointer (&row->server));
  g_clear_pointer (&row->agent.output, g_free);
  return 0;
}

static char *
dup_file (const char *directory, const char *name)
{
  return g_build_filename (directory, name, NULL);
}

/* ---- all is well ---- */

static void
what_a_pod_writes_is_on_the_export_and_the_reverse (void **state)
{
  Row *row = *state;
  g_autofree char *sent = dup_file (row->data, "sent");
  g_autofree char *send = dup_file (row->place, "sent");
  g_autofree char *given = dup_file (row->data, "given");
  g_autofree char *take = dup_file (row->place, "given");

  assert_agent (&row->agent, 0, "up", row->manifest);
  assert_true (g_file_set_contents (send, "from the pod", -1, NULL));
  assert_true (file_has (sent, "from the pod"));
  assert_true (g_file_set_contents (given, "from the server", -1, NULL));
  assert_true (file_has (take, "from the server"));
  assert_agent (&row->agent, 0, "recover");
  assert_true (file_has (take, "from the server"));
  assert_agent (&row->agent, 0, "up", row->manifest);
  assert_agent (&row->agent, 0, "down", "--all");
  agent_assert_no_mount (&row->agent);
  assert_false (g_file_test (row->place, G_FILE_TEST_EXISTS));
  assert_true (file_has (sent, "from the pod"));
  assert_true (file_has (given, "from the server"));
}

static void
a_volume_is_mounted_nosuid_and_nodev (void **state)
{
  Row *row = *state;
  g_autofree char *mounts = NULL;
  char *line;

  assert_agent (&row->agent, 0, "up", row->manifest);
  assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  line = strstr (mounts, row->place);
  assert_non_null (line);
  line[strcspn (line, "\n")] = '\0';
  assert_non_null (strstr (line, "nosuid,nodev"));
  assert_non_null (strstr (line, ",hard,"));
  assert_agent (&row->agent, 0, "down", "--all");
}

/* ---- the server is in trouble ---- */

static void
a_frozen_server_fails_the_set_up_with_its_cause (void **state)
{
  Row *row = *state;

  assert_true (nfs_server_freeze (row->server, NULL));
  assert_agent (&row->agent, 1, "up", "--timeout", "0", row->manifest);
  agent_assert_said (&row->agent, "nfs.no-answer");
  assert_agent (&row->agent, 0, "down", "--all");
  agent_assert_no_mount (&row->agent);
}

/* From 4.1 on the kernel ends its session at the server first, and waits for that with the mount out of sight. */
static void
an_idle_volume_of_a_frozen_server_comes_off (void **state)
{
  Row *row = *state;

  assert_agent (&row->agent, 0, "up", row->manifest);
  assert_true (nfs_server_freeze (row->server, NULL));
  assert_agent (&row->agent, 0, "status");
  assert_agent (&row->agent, 0, "recover");
  assert_agent (&row->agent, 0, "mounts", "worker");
  assert_agent (&row->agent, 0, "down", "--all");
  if (g_str_equal (row->version->name, "v3") || g_str_equal (row->version->name, "v4.0"))
    assert_null (strstr (row->agent.output, "Detached"));
  agent_assert_no_mount (&row->agent);
}

static void
a_volume_whose_user_waits_for_a_frozen_server_is_detached (void **state)
{
  Row *row = *state;
  g_autofree char *file = dup_file (row->place, "file");
  g_autofree char *kept = dup_file (row->data, "kept");
  Writer writer;

  assert_true (g_file_set_contents (kept, "the server's", -1, NULL));
  assert_agent (&row->agent, 0, "up", row->manifest);
  writer_start (&writer, file, WRITER_WRITES);
  assert_true (nfs_server_freeze (row->server, NULL));
  writer_go (&writer);
  writer_await_stuck (&writer);
  assert_agent (&row->agent, 0, "status");
  assert_agent (&row->agent, 0, "down", "--all");
  agent_assert_said (&row->agent, "Detached");
  agent_assert_no_mount (&row->agent);
  assert_false (g_file_test (row->place, G_FILE_TEST_EXISTS));
  assert_true (nfs_server_thaw (row->server, NULL));
  writer_end (&writer);
  assert_true (file_has (kept, "the server's"));
}

static void
a_volume_of_a_dead_server_comes_off (void **state)
{
  Row *row = *state;
  g_autofree char *directory = dup_file (row->place, "made");
  g_autofree char *kept = dup_file (row->data, "kept");
  Writer writer;

  assert_true (g_file_set_contents (kept, "the server's", -1, NULL));
  assert_agent (&row->agent, 0, "up", row->manifest);
  writer_start (&writer, directory, WRITER_MAKES);
  assert_true (nfs_server_kill (row->server, NULL));
  writer_go (&writer);
  writer_await_stuck (&writer);
  assert_agent (&row->agent, 0, "down", "--all");
  agent_assert_no_mount (&row->agent);
  kill (writer.pid, SIGKILL);
  writer_end (&writer);
  assert_true (file_has (kept, "the server's"));
}

static void
a_volume_in_use_stays_while_its_server_answers (void **state)
{
  Row *row = *state;
  g_autofree char *file = dup_file (row->place, "file");
  g_autofree char *theirs = dup_file (row->data, "file");
  Writer writer;

  assert_agent (&row->agent, 0, "up", row->manifest);
  writer_start (&writer, file, WRITER_WRITES);
  assert_agent (&row->agent, 1, "down", "--all");
  assert_true (g_file_test (row->place, G_FILE_TEST_EXISTS));
  writer_go (&writer);
  assert_int_equal (writer_end (&writer), 0);
  assert_true (file_has (theirs, file));
  assert_agent (&row->agent, 0, "down", "--all");
  agent_assert_no_mount (&row->agent);
}

static void
a_server_that_comes_back_serves_the_pod_again (void **state)
{
  Row *row = *state;
  g_autofree char *file = dup_file (row->place, "file");
  g_autofree char *theirs = dup_file (row->data, "file");

  assert_agent (&row->agent, 0, "up", row->manifest);
  assert_true (nfs_server_kill (row->server, NULL));
  assert_agent (&row->agent, 0, "recover");
  assert_true (nfs_server_restart (row->server, NULL));
  assert_true (g_file_set_contents (file, "again", -1, NULL));
  assert_true (file_has (theirs, "again"));
  assert_agent (&row->agent, 0, "down", "--all");
}

/* ---- all ---- */

static void
add (GArray *tests, const Version *version, const char *name, CMUnitTestFunction function)
{
  Row *row = g_new0 (Row, 1);
  const struct CMUnitTest test = {
    .name = g_strdup_printf ("%s: %s", version != NULL ? version->name : "inline", name),
    .test_func = function,
    .setup_func = begin,
    .teardown_func = end,
    .initial_state = row,
  };

  row->version = version;
  g_array_append_val (tests, test);
}

#define ADD(version, test) add (tests, version, #test, test)

int
main (void)
{
  GArray *tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    g_error ("%s", reason);
  ADD (NULL, what_a_pod_writes_is_on_the_export_and_the_reverse);
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      ADD (&versions[i], what_a_pod_writes_is_on_the_export_and_the_reverse);
      ADD (&versions[i], a_volume_is_mounted_nosuid_and_nodev);
      ADD (&versions[i], a_frozen_server_fails_the_set_up_with_its_cause);
      ADD (&versions[i], an_idle_volume_of_a_frozen_server_comes_off);
      ADD (&versions[i], a_volume_whose_user_waits_for_a_frozen_server_is_detached);
      ADD (&versions[i], a_volume_of_a_dead_server_comes_off);
      ADD (&versions[i], a_volume_in_use_stays_while_its_server_answers);
      ADD (&versions[i], a_server_that_comes_back_serves_the_pod_again);
    }
  return _cmocka_run_group_tests ("NFS volumes on the kernel's client",
                                  (const struct CMUnitTest *) (gpointer) tests->data, tests->len, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NFS volumes that mount.nfs mounts, because the configuration says so. Only a kernel with the client can tell, and the
 * virtual machine has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol.h>

#include "nfs-server/server.h"
#include "support/built.h"
#include "support/scratch.h"

#define PLACE "pods/web-uid/volumes/kubernetes.io~nfs/data"

typedef struct
{
  char *data;
  char *root;
  NfsServer *server;
  KvolManager *manager;
} World;

static KvolManager *
open_manager (const char *root)
{
  g_autofree char *plugins = built_path ("plugins");
  g_autoptr (GVariant) config =
      g_variant_ref_sink (g_variant_new_parsed ("{'kubernetes.io/nfs': <{'mountHelper': <true>}>}"));
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) problems = NULL;
  KvolManager *manager = kvol_manager_new (root, &error);

  assert_null (error);
  assert_true (kvol_manager_load_plugins (manager, plugins, config, &problems, &error));
  if (problems[0] != NULL)
    fail_msg ("%s", problems[0]);
  return manager;
}

static int
begin (void **state)
{
  World *world = g_new0 (World, 1);
  g_autoptr (GError) error = NULL;

  world->data = scratch_dir ("data");
  world->root = scratch_dir ("root");
  const NfsExport exports[] = { { .path = "/exports", .directory = world->data }, { 0 } };
  const NfsServerSettings settings = { .exports = exports };

  world->server = nfs_server_start (&settings, &error);
  if (world->server == NULL)
    fail_msg ("%s", error->message);
  world->manager = open_manager (world->root);
  *state = world;
  return 0;
}

static int
end (void **state)
{
  World *world = *state;

  g_object_unref (world->manager);
  nfs_server_stop (world->server);
  g_free (world->data);
  g_free (world->root);
  g_free (world);
  return 0;
}

static KvolPod *
new_pod (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) object = g_variant_ref_sink (
      g_variant_new_parsed ("{'metadata': <{'name': <'web'>, 'uid': <'web-uid'>}>, 'spec': <{'volumes': <[{'name': "
                            "<'data'>, 'nfs': <{'server': <'127.0.0.1'>, 'path': <%s>}>}]>}>}",
                            path));
  KvolPod *pod = kvol_pod_new (object, &error);

  assert_null (error);
  return pod;
}

static void
what_is_written_is_on_the_server (void **state)
{
  World *world = *state;
  g_autoptr (KvolPod) pod = new_pod ("/exports");
  g_autoptr (GError) error = NULL;
  g_autofree char *sent = g_build_filename (world->root, PLACE, "file", NULL);
  g_autofree char *there = g_build_filename (world->data, "file", NULL);

  if (!kvol_manager_sync_pod (world->manager, pod, NULL, &error))
    fail_msg ("%s", error->message);
  assert_true (g_file_set_contents (sent, "by the helper", -1, NULL));
  assert_true (file_has (there, "by the helper"));
  if (!kvol_manager_remove_pod (world->manager, "web-uid", NULL, &error))
    fail_msg ("%s", error->message);
  assert_true (file_has (there, "by the helper"));
}

/* The probe runs first, so what is left for the helper to fail at is rare: here nothing may be mounted. */
static void
what_is_not_exported_is_not_mounted (void **state)
{
  World *world = *state;
  g_autoptr (KvolPod) pod = new_pod ("/nothing");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (world->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "nfs.export-unavailable-or-denied"));
  assert_true (kvol_manager_remove_pod (world->manager, "web-uid", NULL, NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (what_is_written_is_on_the_server, begin, end),
    cmocka_unit_test_setup_teardown (what_is_not_exported_is_not_mounted, begin, end),
  };
  g_autofree char *plugin = built_path ("plugins/kvol-nfs.so");
  const char *reason = NULL;
  int client;

  client = (int) syscall (SYS_fsopen, "nfs4", FSOPEN_CLOEXEC);
  if (client < 0)
    reason = "this kernel has no NFS client";
  else
    close (client);
  if (reason == NULL && access ("/sbin/mount.nfs4", X_OK) < 0)
    reason = "mount.nfs is not installed (nfs-common)";
  if (reason == NULL && access (plugin, R_OK) < 0)
    reason = "built without NFS (NFS=0)";
  if (reason != NULL || !scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      g_print ("ok - NFS volumes by mount.nfs # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("NFS volumes by mount.nfs", tests, NULL, NULL);
}

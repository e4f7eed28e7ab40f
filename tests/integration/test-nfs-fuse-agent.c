/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent's commands, each a process that knows nothing of the one before, make of the process behind an NFS
 * volume in user space. */
#include "nfs-fuse-ground.h"

#include <sys/mount.h>
#include <sys/wait.h>

#include "support/built.h"

#define MANIFEST                                                                                                       \
  "{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv}, spec: {capacity: {storage: 1Gi},"                    \
  " accessModes: [ReadWriteMany], storageClassName: '', nfs: {server: 127.0.0.1, path: " NFS_STORY_EXPORT "},"         \
  " mountOptions: [" NFS_STORY_NO_LOCK "]}}\n"                                                                         \
  "---\n"                                                                                                              \
  "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: claim}, spec: {volumeName: pv,"                      \
  " storageClassName: '', accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}}\n"                     \
  "---\n"                                                                                                              \
  "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: main, image: busybox,"                \
  " volumeMounts: [{name: data, mountPath: /data}]}],"                                                                 \
  " volumes: [{name: data, persistentVolumeClaim: {claimName: claim}}]}}\n"

/* Runs the agent in @dir (NULL: here) and answers what it said, on whichever of its outputs. */
static char *
agent (Ground *self, const char *dir, int code, const char *line)
{
  g_autofree char *program = built_path ("bin/kvol-agent");
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  int status = -1;

  g_strv_builder_add_many (builder, program, "--root", self->story->root, NULL);
  g_strv_builder_addv (builder, (const char **) words);
  argv = g_strv_builder_end (builder);
  assert_true (g_spawn_sync (dir, argv, NULL, 0, NULL, NULL, &out, &err, &status, NULL));
  if (!WIFEXITED (status) || WEXITSTATUS (status) != code)
    fail_msg ("%s: %d instead of %d: %s%s", line, status, code, out, err);
  return g_strconcat (out, err, NULL);
}

static void
assert_says (Ground *self, int code, const char *line, const char *const *texts)
{
  g_autofree char *said = agent (self, NULL, code, line);

  for (gsize i = 0; texts[i] != NULL; i++)
    if (strstr (said, texts[i]) == NULL)
      fail_msg ("%s: no \"%s\" in \"%s\"", line, texts[i], said);
}

static char *
write_manifest (Ground *self)
{
  char *path = g_build_filename (self->data, "manifest.yaml", NULL);

  assert_true (g_file_set_contents (path, MANIFEST, -1, NULL));
  return path;
}

static void
up (Ground *self, const char *dir)
{
  g_autofree char *manifest = write_manifest (self);
  g_autofree char *line = g_strconcat ("up ", manifest, NULL);

  g_free (agent (self, dir, 0, line));
}

/* The manager of the ground has the root for itself until then. */
static int
agent_ground_enter (void **state)
{
  Ground *self;

  ground_enter (state);
  self = *state;
  g_clear_object (&self->story->manager);
  return 0;
}

static void
every_command_knows_at_once_that_the_server_has_died (void **state)
{
  static const char *const dead[] = { "dead", "has died", NULL };
  static const char *const failed[] = { "\"ready\" : false", "\"failed\"", "has died", NULL };
  static const char *const refused[] = { "is not ready", "has died", NULL };
  static const char *const ready[] = { "\"ready\" : true", "ServerDied", NULL };
  static const char *const mounts[] = { "/data", NULL };
  Ground *self = *state;
  g_autofree char *found = NULL;

  up (self, NULL);
  user_servers_kill ();
  assert_says (self, 0, "status -o json", failed);
  assert_says (self, 0, "recover --dry-run", dead);
  assert_says (self, 0, "recover", dead);
  assert_says (self, 0, "status -o json", failed);
  assert_says (self, 1, "mounts web main", refused);
  up (self, NULL);
  assert_says (self, 0, "status -o json", ready);
  found = agent (self, NULL, 0, "recover");
  assert_string_equal (found, "");
  assert_says (self, 0, "mounts web main", mounts);
  g_free (agent (self, NULL, 0, "down --all"));
  assert_no_user_server ();
}

static void
where_the_agent_was_started_can_be_unmounted (void **state)
{
  Ground *self = *state;
  g_autofree char *dir = scratch_dir ("start");

  assert_int_equal (mount ("start", dir, "tmpfs", 0, NULL), 0);
  up (self, dir);
  user_servers_get ();
  assert_int_equal (umount (dir), 0);
  g_free (agent (self, NULL, 0, "down --all"));
  assert_no_user_server ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (every_command_knows_at_once_that_the_server_has_died, agent_ground_enter,
                                     ground_leave),
    cmocka_unit_test_setup_teardown (where_the_agent_was_started_can_be_unmounted, agent_ground_enter, ground_leave),
  };

  return ground_begin () ? cmocka_run_group_tests_name ("the agent and a volume's server", tests, NULL, NULL) : 0;
}

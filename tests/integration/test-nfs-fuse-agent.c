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

/* Runs the agent in @dir (NULL: here), by @runner (or NULL), and answers what it said, on whichever of its outputs. */
static char *
agent_by (Ground *self, const char *const *runner, const char *dir, int code, const char *line)
{
  g_autofree char *program = built_path ("bin/kvol-agent");
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  int status = -1;

  if (runner != NULL)
    g_strv_builder_addv (builder, (const char **) runner);
  g_strv_builder_add_many (builder, program, "--root", self->story->root, NULL);
  g_strv_builder_addv (builder, (const char **) words);
  argv = g_strv_builder_end (builder);
  assert_true (g_spawn_sync (dir, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, NULL));
  if (!WIFEXITED (status) || WEXITSTATUS (status) != code)
    fail_msg ("%s: %d instead of %d: %s%s", line, status, code, out, err);
  return g_strconcat (out, err, NULL);
}

static char *
agent (Ground *self, const char *dir, int code, const char *line)
{
  return agent_by (self, NULL, dir, code, line);
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

/* ---- an agent of another pid namespace, as one in another container is ---- */

/* The search for leaks looks for this process's threads in a /proc that is another namespace's. */
#ifdef __SANITIZE_ADDRESS__
#define NO_LEAKS "env", "ASAN_OPTIONS=detect_leaks=0",
#else
#define NO_LEAKS
#endif
static const char *const elsewhere[] = { NO_LEAKS "unshare", "--pid", "--fork", NULL };

static void
await_end (int pid)
{
  KVOL_AUTO_FD pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd ended = { .fd = pidfd, .events = POLLIN };

  if (pidfd >= 0)
    assert_int_equal (poll (&ended, 1, TEN_SECONDS / 1000), 1);
}

static void
an_agent_elsewhere_neither_loses_nor_kills_a_server_that_lives (void **state)
{
  Ground *self = *state;
  g_autofree char *manifest = write_manifest (self);
  g_autofree char *again = g_strconcat ("up ", manifest, NULL);
  g_autofree char *status = NULL;
  int server;

  up (self, NULL);
  server = user_servers_get ();
  g_free (agent_by (self, elsewhere, NULL, 0, again));
  assert_int_equal (user_servers_get (), server);
  status = agent_by (self, elsewhere, NULL, 0, "status -o json");
  if (strstr (status, "\"ready\" : true") == NULL || strstr (status, "ServerElsewhere") == NULL)
    fail_msg ("%s", status);
  /* Who is at home sees it die as before. */
  up (self, NULL);
  assert_int_equal (user_servers_get (), server);
  g_free (agent_by (self, elsewhere, NULL, 0, "down --all"));
  await_end (server);
  assert_no_user_server ();
}

static void
what_an_agent_elsewhere_cannot_see_is_not_forgotten_by_it (void **state)
{
  static const char *const failed[] = { "\"ready\" : false", "\"failed\"", "has died", NULL };
  Ground *self = *state;
  g_autofree char *manifest = write_manifest (self);
  g_autofree char *again = g_strconcat ("up ", manifest, NULL);

  up (self, NULL);
  g_free (agent_by (self, elsewhere, NULL, 0, again));
  user_servers_kill ();
  assert_says (self, 0, "status -o json", failed);
  g_free (agent (self, NULL, 0, "down --all"));
  assert_no_user_server ();
}

/* It is the end of all that is in it that the first of a pid namespace ends. */
static void
a_server_that_died_with_its_pid_namespace_is_replaced (void **state)
{
  static const char *const ready[] = { "\"ready\" : true", "ServerDied", NULL };
  Ground *self = *state;
  g_autofree char *manifest = write_manifest (self);
  g_autofree char *line = g_strconcat ("up ", manifest, NULL);

  g_free (agent_by (self, elsewhere, NULL, 0, line));
  assert_no_user_server ();
  up (self, NULL);
  user_servers_get ();
  assert_says (self, 0, "status -o json", ready);
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
    cmocka_unit_test_setup_teardown (an_agent_elsewhere_neither_loses_nor_kills_a_server_that_lives, agent_ground_enter,
                                     ground_leave),
    cmocka_unit_test_setup_teardown (what_an_agent_elsewhere_cannot_see_is_not_forgotten_by_it, agent_ground_enter,
                                     ground_leave),
    cmocka_unit_test_setup_teardown (a_server_that_died_with_its_pid_namespace_is_replaced, agent_ground_enter,
                                     ground_leave),
  };

  return ground_begin () ? cmocka_run_group_tests_name ("the agent and a volume's server", tests, NULL, NULL) : 0;
}

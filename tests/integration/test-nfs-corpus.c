/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NFS pods of the guestbook labs (CORPUS=DIR), unmodified, those that need no claim: the server that a manifest
 * names is one of this test's, at the standard ports, with a portmapper and with locks, under that name in /etc/hosts.
 *
 * Three processes are at work. One sets the pod up through the library, and is killed while the container runs; this
 * one is its successor; the container, which runs the manifest's own command, is to notice neither. That command
 * appends to "log.txt" every ten seconds, which is how long this test takes for each manifest. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol-kube/kvol-kube.h>

#include "nfs-server/server.h"
#include "support/built.h"
#include "support/etc-file.h"
#include "support/rows.h"
#include "support/scratch.h"
#include "support/story.h"
#include "support/user-servers.h"

#define LOG "log.txt"
#define PATIENCE_SECONDS 120
#define SET_UP "set-up"

/* ---- the process that sets the pod up ---- */

static KvolPod *
read_pod (const char *manifest_path)
{
  g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
  g_autoptr (GPtrArray) pods = NULL;

  kvol_kube_manifest_add_path (manifest, manifest_path);
  pods = kvol_kube_manifest_dup_pods (manifest);
  return pods->len == 1 ? kvol_pod_ref (pods->pdata[0]) : NULL;
}

/* Says "ready" when the pod is, or why it is not, and stays: a node agent would. */
static G_GNUC_NORETURN void
set_up (const char *root, const char *manifest)
{
  g_autofree char *plugins = built_path ("plugins");
  g_autoptr (GError) error = NULL;
  g_autoptr (KvolPod) pod = read_pod (manifest);
  g_autoptr (KvolManager) manager = kvol_manager_new (root, &error);

  if (manager != NULL && kvol_manager_lock (manager, NULL, &error)
      && kvol_manager_load_plugins (manager, plugins, NULL, NULL, &error))
    kvol_manager_sync_pod (manager, pod, NULL, &error);
  printf ("%s\n", error != NULL ? error->message : "ready");
  fflush (stdout);
  for (;;)
    pause ();
}

/* ---- this process ---- */

typedef struct
{
  const char *manifest;
  KvolPod *pod;
  char *data; /* what is exported */
  NfsServer *server;
  Story *story;
  pid_t agent;     /* that set the pod up */
  pid_t container; /* all of it goes with this process */
  EtcFile hosts;
} Ground;

static void
end_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
kill_child (pid_t *pid)
{
  if (*pid <= 0)
    return;
  kill (*pid, SIGKILL);
  assert_int_equal (waitpid (*pid, NULL, 0), *pid);
  *pid = 0;
}

/* Its nfs source; the pods of the labs have one volume. */
static GVariant *
get_source (KvolPod *pod)
{
  g_autoptr (GVariant) spec = g_variant_lookup_value (kvol_pod_get_object (pod), "spec", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) volumes = g_variant_lookup_value (spec, "volumes", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, 0);

  return g_variant_lookup_value (volume, "nfs", G_VARIANT_TYPE_VARDICT);
}

static void
begin (Ground *self)
{
  g_autoptr (GVariant) source = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  const char *server = NULL;
  const char *path = NULL;

  self->pod = read_pod (self->manifest);
  assert_non_null (self->pod);
  source = get_source (self->pod);
  assert_true (g_variant_lookup (source, "server", "&s", &server) && g_variant_lookup (source, "path", "&s", &path));
  self->data = scratch_dir ("data");
  names = g_strdup_printf ("127.0.0.1 localhost %s\n", server);
  etc_file_begin (&self->hosts, "/etc/hosts", names);

  const NfsExport exports[] = { { .path = path, .directory = self->data, .fresh = TRUE }, { 0 } };

  self->server = nfs_server_start (&(NfsServerSettings){ .exports = exports, .locks = NFS_LOCKS_GIVEN }, &error);
  if (self->server == NULL)
    fail_msg ("%s", error->message);
  self->story = story_begin ();
}

/* After a failure: a volume's process would stay. */
static void
take_down (Story *story, KvolPod *pod)
{
  if (story->manager == NULL)
    story_restart (story);
  story_remove (story, pod);
}

static int
ground_leave (void **state)
{
  Ground *self = *state;

  kill_child (&self->container);
  kill_child (&self->agent);
  if (self->story != NULL)
    take_down (self->story, self->pod);
  g_clear_pointer (&self->pod, kvol_pod_unref);
  g_clear_pointer (&self->server, nfs_server_stop);
  g_clear_pointer (&self->data, g_free);
  etc_file_clear (&self->hosts);
  return 0;
}

static pid_t
start_child (const char *const *argv, int *ret_output)
{
  g_autoptr (GError) error = NULL;
  pid_t pid = 0;

  if (!g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                 end_with_parent, NULL, &pid, NULL, ret_output, NULL, &error))
    fail_msg ("%s", error->message);
  return pid;
}

static void
start_agent (Ground *self)
{
  const char *const argv[] = { "/proc/self/exe", SET_UP, self->story->root, self->manifest, NULL };
  char line[1024] = "";
  FILE *answer;
  int output;

  g_clear_object (&self->story->manager);
  self->agent = start_child (argv, &output);
  answer = fdopen (output, "r");
  (void) !fgets (line, sizeof line, answer);
  fclose (answer);
  assert_string_equal (g_strchomp (line), "ready");
}

/* The manifest's own command in a container. Everything in a namespace of processes ends with its first one, and that
 * with this one. */
static void
start_container (Ground *self)
{
  g_autofree char *program = built_path ("bin/kvol-agent");
  const char *const argv[] = { "unshare", "--pid",  "--mount-proc",    "--fork", "--kill-child",
                               program,   "--root", self->story->root, "exec",   kvol_pod_get_uid (self->pod),
                               NULL };

  self->container = start_child (argv, NULL);
}

/* What another container of the pod reads. */
static char *
read_in_container (Ground *self, const char *path)
{
  g_autofree char *program = built_path ("bin/kvol-agent");
  const char *const argv[] = { program, "--root", self->story->root, "exec", kvol_pod_get_uid (self->pod), "--", "cat",
                               path,    NULL };
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status = 0;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &status, &error)
      || !g_spawn_check_wait_status (status, &error))
    fail_msg ("%s", error->message);
  return output;
}

/* Waits for a file on the export that has so many lines. */
static void
await_lines (Ground *self, const char *name, guint wanted)
{
  g_autofree char *path = g_build_filename (self->data, name, NULL);
  const gint64 until = g_get_monotonic_time () + PATIENCE_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *text = NULL;
      guint lines = 0;

      if (g_file_get_contents (path, &text, NULL, NULL))
        for (const char *at = text; (at = strchr (at, '\n')) != NULL; at++)
          lines++;
      if (lines >= wanted)
        return;
      if (waitpid (self->container, NULL, WNOHANG) != 0)
        {
          self->container = 0;
          fail_msg ("the container has ended; %s is \"%s\"", name, text != NULL ? text : "");
        }
      if (g_get_monotonic_time () > until)
        fail_msg ("%s is \"%s\"", name, text != NULL ? text : "");
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
}

/* Nothing has to be repaired. */
static void
recover (Ground *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) findings = NULL;
  g_autofree char *text = NULL;
  g_autofree char *state = NULL;

  story_restart (self->story);
  findings = kvol_manager_recover (self->story->manager, FALSE, NULL, &error);
  if (findings == NULL)
    fail_msg ("%s", error->message);
  text = g_variant_print (findings, FALSE);
  if (g_variant_n_children (findings) > 0)
    fail_msg ("the recovery found %s", text);
  state = story_state (self->story, kvol_pod_get_name (self->pod), "nfs");
  assert_string_equal (state, "ready");
}

/* 0: the kernel has a client, and there is no such process. */
static int
get_server_process (void)
{
  g_autoptr (GArray) pids = user_servers_list ();

  assert_true (pids->len <= 1);
  return pids->len == 0 ? 0 : g_array_index (pids, int, 0);
}

/* The name is the content. */
static void
assert_seen_in_container (Ground *self, const char *name)
{
  g_autoptr (GPtrArray) mounts =
      kvol_manager_get_mounts (self->story->manager, kvol_pod_get_uid (self->pod), "busybox", NULL);
  g_autofree char *on_export = g_build_filename (self->data, name, NULL);
  g_autofree char *inside = NULL;
  g_autofree char *seen = NULL;

  assert_true (mounts != NULL && mounts->len == 1);
  inside = g_build_filename (kvol_mount_get_destination (mounts->pdata[0]), name, NULL);
  assert_true (g_file_set_contents (on_export, name, -1, NULL));
  seen = read_in_container (self, inside);
  assert_string_equal (seen, name);
}

/* The next line goes to a new file under the old name only if the container sees that the old one is gone. */
static void
move_log_away (Ground *self, const char *to)
{
  g_autofree char *log = g_build_filename (self->data, LOG, NULL);
  g_autofree char *moved = g_build_filename (self->data, to, NULL);

  assert_int_equal (rename (log, moved), 0);
}

static void
a_pod_of_the_labs_works_and_outlives_who_set_it_up (void **state)
{
  Ground *self = *state;
  g_autofree char *log = NULL;
  g_autofree char *place = NULL;
  int server;

  begin (self);
  start_agent (self);
  server = get_server_process ();
  start_container (self);
  await_lines (self, LOG, 2);
  kill_child (&self->agent);
  recover (self);
  assert_seen_in_container (self, "from-server");
  story_sync (self->story, self->pod);
  assert_int_equal (get_server_process (), server);
  move_log_away (self, "log-before.txt");
  await_lines (self, LOG, 1);
  assert_seen_in_container (self, "from-server-later");
  kill_child (&self->container);
  story_remove (self->story, self->pod);
  assert_no_user_server ();
  story_end (g_steal_pointer (&self->story));
  place = g_build_filename (self->data, "log-before.txt", NULL);
  assert_true (g_file_get_contents (place, &log, NULL, NULL));
  assert_true (g_str_has_prefix (log, "At Work!\n"));
}

/* ---- the manifests ---- */

static gboolean
needs_no_claim (const char *path)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, "persistentVolumeClaim") == NULL;
}

static void
find_manifests (const char *dir_path, GPtrArray *paths)
{
  g_autoptr (GDir) dir = g_dir_open (dir_path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir_path, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        find_manifests (path, paths);
      else if (g_pattern_match_simple ("busybox-nfs*.yaml", name) && needs_no_claim (path))
        g_ptr_array_add (paths, g_steal_pointer (&path));
    }
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static int
run_manifests (const GPtrArray *paths)
{
  g_autofree Ground *grounds = g_new0 (Ground, paths->len);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) tests = rows_new ();

  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *base = g_path_get_basename (paths->pdata[i]);
      char *name = g_strdup_printf ("%s: a_pod_of_the_labs_works_and_outlives_who_set_it_up", base);
      struct CMUnitTest test = { name, a_pod_of_the_labs_works_and_outlives_who_set_it_up, NULL, ground_leave,
                                 &grounds[i] };

      g_ptr_array_add (names, name);
      grounds[i].manifest = paths->pdata[i];
      g_array_append_val (tests, test);
    }
  return rows_run ("NFS pods of the labs", tests);
}

static gboolean
is_installed (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  return path != NULL;
}

static gboolean
can_test (const GPtrArray *paths, const char **ret_why, char **ret_reason)
{
  if (paths->len == 0)
    *ret_why = "there is no busybox-nfs*.yaml below guestbook-labs in CORPUS";
  else if (!is_installed ("crun") || !is_installed ("busybox"))
    *ret_why = "crun or busybox is not installed";
  else if (scratch_enter (ret_why) && nfs_net_enter (ret_why) && nfs_server_works (ret_reason))
    *ret_why = scratch_is_real_root () ? NULL : "a portmapper beside the server takes real root";
  return *ret_why == NULL && *ret_reason == NULL;
}

int
main (int argc, char **argv)
{
  const char *corpus = g_getenv ("CORPUS");
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *absolute = NULL;
  g_autofree char *labs = NULL;
  g_autofree char *reason = NULL;
  const char *why = NULL;

  if (argc == 4 && g_str_equal (argv[1], SET_UP))
    set_up (argv[2], argv[3]);
  if (corpus == NULL || *corpus == '\0')
    {
      g_print ("ok - NFS pods of the labs # SKIP CORPUS is not set (make check CORPUS=DIR)\n");
      return 0;
    }
  absolute = g_canonicalize_filename (corpus, NULL);
  labs = g_build_filename (absolute, "guestbook-labs", NULL);
  find_manifests (labs, paths);
  g_ptr_array_sort (paths, compare_paths);
  if (!can_test (paths, &why, &reason))
    {
      g_print ("ok - NFS pods of the labs # SKIP %s\n", why != NULL ? why : reason);
      return 0;
    }
  return run_manifests (paths);
}

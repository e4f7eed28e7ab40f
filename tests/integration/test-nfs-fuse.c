/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NFS volumes of pods on a machine whose kernel has no client for them, from a real server: through the whole library,
 * with a process of their own behind each. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-server/server.h"
#include "support/scratch.h"
#include "support/story.h"

#define TEN_SECONDS (10 * G_TIME_SPAN_SECOND)

typedef struct
{
  Story *story;
  NfsServer *server;
  char *data;
} Ground;

static int
ground_enter (void **state)
{
  Ground *self = g_new0 (Ground, 1);
  g_autoptr (GError) error = NULL;

  *state = self;
  self->data = scratch_dir ("data");

  const NfsExport exports[] = { { .path = "/exports/data", .directory = self->data }, { .path = NULL } };

  self->server = nfs_server_start (&(NfsServerSettings){ .exports = exports }, &error);
  if (self->server == NULL)
    {
      print_message ("# %s\n", error->message);
      return -1;
    }
  self->story = story_begin ();
  return 0;
}

static int
ground_leave (void **state)
{
  Ground *self = *state;

  story_end (self->story);
  nfs_server_stop (self->server);
  g_free (self->data);
  g_free (self);
  return 0;
}

static KvolPod *
pod_with_locks (const char *name, const char *fields, const char *locks)
{
  g_autofree char *spec = g_strdup_printf (
      "{'volumes': <[{'name': <'data'>, 'specName': <'pv1'>, 'nfs': <{'server': <'127.0.0.1'>, 'path': "
      "<'/exports/data'>%s}>, 'mountOptions': <['mountport=20048', 'port=2049'%s]>}]>, 'containers': <[{'name': "
      "<'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/data'>}]>}]>}",
      fields, locks);

  return story_pod (name, spec);
}

static KvolPod *
pod_of (const char *name, const char *fields)
{
  return pod_with_locks (name, fields, ", 'nolock'");
}

static char *
in_pod (Ground *self, const char *name, const char *file)
{
  return story_path (self->story, name, "kubernetes.io~nfs", "pv1", file);
}

/* The processes of this name whose mount namespace is this one's: the servers that this test has started. */
static GArray *
list_servers (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  g_autofree char *mine = g_file_read_link ("/proc/self/ns/net", NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (int));
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "comm", NULL);
      g_autofree char *net = g_build_filename ("/proc", name, "ns/net", NULL);
      g_autofree char *link = g_file_read_link (net, NULL);
      g_autofree char *comm = NULL;
      int pid = atoi (name);

      if (pid > 0 && g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (comm, "kvol-nfs\n")
          && g_strcmp0 (link, mine) == 0)
        g_array_append_val (pids, pid);
    }
  return pids;
}

static int
get_server (void)
{
  g_autoptr (GArray) pids = list_servers ();

  assert_int_equal (pids->len, 1);
  return g_array_index (pids, int, 0);
}

static void
assert_no_server (void)
{
  g_autoptr (GArray) pids = list_servers ();

  assert_int_equal (pids->len, 0);
}

/* Whoever shares an export with a database would find it without locks. */
static void
a_volume_that_says_nothing_of_locks_is_refused (void **state)
{
  static const char *const locks[] = { "", ", 'nolock', 'lock'", ", 'local_lock=all', 'local_lock=flock'" };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (locks); i++)
    {
      g_autoptr (KvolPod) pod = pod_with_locks ("web", "", locks[i]);
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
      assert_non_null (strstr (error->message, "nfs.no-data-path"));
      assert_non_null (strstr (error->message, "nolock"));
      story_remove (self->story, pod);
    }
  assert_no_server ();
}

static void
what_is_written_in_the_pod_is_on_the_export_and_the_reverse (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *in_volume = in_pod (self, "web", "from-pod");
  g_autofree char *on_export = g_build_filename (self->data, "from-pod", NULL);
  g_autofree char *other = in_pod (self, "web", "from-server");
  g_autofree char *other_source = g_build_filename (self->data, "from-server", NULL);
  g_autofree char *place = in_pod (self, "web", NULL);
  struct statvfs shown;

  story_sync (self->story, pod);
  assert_int_equal (statvfs (place, &shown), 0);
  assert_int_equal (shown.f_flag & (ST_NOSUID | ST_NODEV), ST_NOSUID | ST_NODEV);
  assert_true (g_file_set_contents (in_volume, "pod", -1, NULL));
  assert_true (file_has (on_export, "pod"));
  assert_true (g_file_set_contents (other_source, "server", -1, NULL));
  assert_true (file_has (other, "server"));
  story_remove (self->story, pod);
  assert_no_server ();
  assert_true (file_has (on_export, "pod"));
}

static void
a_read_only_volume_cannot_be_written (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", ", 'readOnly': <true>");
  g_autofree char *file = in_pod (self, "web", "new");

  story_sync (self->story, pod);
  assert_int_equal (open (file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
  assert_int_equal (errno, EROFS);
  story_remove (self->story, pod);
}

static void
the_server_outlives_who_started_it_and_another_ends_it (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  int server;

  story_sync (self->story, pod);
  server = get_server ();
  story_restart (self->story);
  assert_true (g_file_set_contents (file, "still", -1, NULL));
  story_sync (self->story, pod);
  assert_int_equal (get_server (), server);
  assert_true (file_has (file, "still"));
  story_restart (self->story);
  story_remove (self->story, pod);
  assert_no_server ();
}

/* The status of everything, as text. */
static char *
story_error (Story *story)
{
  g_autoptr (GVariant) status = kvol_manager_get_status (story->manager);

  return g_variant_print (status, FALSE);
}

/* Waits, without asking anybody, until the status says that the server has died. */
static void
await_mark (Ground *self)
{
  gint64 began = g_get_monotonic_time ();

  for (;;)
    {
      g_autofree char *said = story_error (self->story);

      if (strstr (said, "ServerDied") != NULL && strstr (said, "has died") != NULL)
        return;
      if (g_get_monotonic_time () - began > 3 * TEN_SECONDS)
        fail_msg ("\"%s\" does not say that the server has died", said);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
}

static void
assert_dead (int fd)
{
  char byte;

  assert_int_equal (pread (fd, &byte, 1, 0), -1);
  assert_true (errno == ENOTCONN || errno == ECONNABORTED);
}

/* What a container has: the mount itself, wherever it hangs meanwhile. */
static int
take_copy (const char *path)
{
  int tree = (int) syscall (SYS_open_tree, AT_FDCWD, path, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);

  assert_true (tree >= 0);
  return tree;
}

static void
a_server_that_dies_is_marked_and_replaced_without_anybody_asking (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *place = in_pod (self, "web", NULL);
  g_autofree char *file = in_pod (self, "web", "file");
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;
  int container, fd, dead;

  story_sync (self->story, pod);
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  container = take_copy (place);
  fd = openat (container, "file", O_RDONLY | O_CLOEXEC);
  assert_true (fd >= 0);
  dead = get_server ();
  assert_int_equal (kill (dead, SIGKILL), 0);
  await_mark (self);
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, &error));
  assert_int_not_equal (get_server (), dead);
  /* Who has the old one has errors, and does not hang. */
  assert_dead (fd);
  assert_int_equal (faccessat (container, "file", F_OK, 0), -1);
  assert_true (file_has (file, "content"));
  close (fd);
  close (container);
  /* The mark outlives a sync, and whoever comes next finds it. */
  story_sync (self->story, pod);
  story_restart (self->story);
  g_variant_unref (kvol_manager_recover (self->story->manager, FALSE, NULL, NULL));
  said = story_error (self->story);
  assert_non_null (strstr (said, "ServerDied"));
  story_remove (self->story, pod);
  assert_no_server ();
}

static void
a_server_that_died_while_nobody_watched_is_replaced_by_the_next_sync (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *said = NULL;
  int dead;

  story_sync (self->story, pod);
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  dead = get_server ();
  story_restart (self->story);
  assert_int_equal (kill (dead, SIGKILL), 0);
  story_sync (self->story, pod);
  assert_int_not_equal (get_server (), dead);
  said = story_error (self->story);
  assert_non_null (strstr (said, "ServerDied"));
  assert_true (file_has (file, "content"));
  story_remove (self->story, pod);
  assert_no_server ();
}

/* One who has come after another watches as well. */
static void
who_recovers_watches_the_server_too (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autoptr (GError) error = NULL;

  story_sync (self->story, pod);
  story_restart (self->story);
  story_sync (self->story, pod);
  assert_int_equal (kill (get_server (), SIGKILL), 0);
  await_mark (self);
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, &error));
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  story_remove (self->story, pod);
  assert_no_server ();
}

static void
a_dead_server_costs_its_pod_errors_and_others_nothing (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (KvolPod) next = pod_of ("next", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *other = in_pod (self, "next", "file");
  gint64 began;

  story_sync (self->story, pod);
  assert_int_equal (kill (get_server (), SIGKILL), 0);
  began = g_get_monotonic_time ();
  while (access (file, F_OK) < 0 && errno != ENOTCONN && errno != ECONNABORTED)
    assert_true (g_get_monotonic_time () - began < TEN_SECONDS);
  await_mark (self);
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, NULL));
  story_sync (self->story, next);
  assert_true (g_file_set_contents (other, "well", -1, NULL));
  story_remove (self->story, next);
  story_remove (self->story, pod);
  assert_no_server ();
}

static void
a_volume_of_a_frozen_server_is_down_within_ten_seconds (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autoptr (GError) error = NULL;
  gint64 began;

  story_sync (self->story, pod);
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  assert_true (nfs_server_freeze (self->server, &error));
  began = g_get_monotonic_time ();
  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () - began < TEN_SECONDS);
  assert_no_server ();
  assert_true (nfs_server_thaw (self->server, &error));
}

/* A server may tell its lives apart by the second in which they began. */
static void
await_next_second (void)
{
  gint64 now = g_get_real_time () / G_TIME_SPAN_SECOND;

  while (g_get_real_time () / G_TIME_SPAN_SECOND == now)
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
}

/* The server dies, and its memory is not on its disk. */
static void
lose_memory (Ground *self, const char *on_export)
{
  g_autoptr (GError) error = NULL;

  await_next_second ();
  assert_true (nfs_server_kill (self->server, &error));
  assert_int_equal (truncate (on_export, 1), 0);
  assert_true (nfs_server_restart (self->server, &error));
}

static void
what_a_server_lost_before_fsync_is_written_again (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *on_export = g_build_filename (self->data, "file", NULL);
  g_autofree char *content = g_malloc (3 * 1024 * 1024 + 1);
  gsize length = 3 * 1024 * 1024;
  int fd;

  memset (content, 'x', length);
  content[length] = '\0';
  story_sync (self->story, pod);
  fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  assert_true (fd >= 0);
  assert_int_equal (write (fd, content, length), length);
  content[4711] = 'y';
  assert_int_equal (pwrite (fd, "y", 1, 4711), 1);
  lose_memory (self, on_export);
  /* What is newer must not be undone by what is older. */
  content[4711] = 'z';
  assert_int_equal (pwrite (fd, "z", 1, 4711), 1);
  assert_int_equal (fsync (fd), 0);
  assert_true (file_has (on_export, content));
  assert_int_equal (close (fd), 0);
  story_remove (self->story, pod);
}

static void
what_cannot_be_written_again_is_said_by_fsync (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (GError) error = NULL;
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *on_export = g_build_filename (self->data, "file", NULL);
  int fd;

  story_sync (self->story, pod);
  fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  assert_int_equal (write (fd, "content", 7), 7);
  await_next_second ();
  assert_true (nfs_server_kill (self->server, &error));
  assert_int_equal (unlink (on_export), 0);
  assert_true (nfs_server_restart (self->server, &error));
  assert_int_equal (fsync (fd), -1);
  assert_int_equal (errno, ESTALE);
  close (fd);
  story_remove (self->story, pod);
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, ground_enter, ground_leave)

/* Whether the kernel's own client would be taken. */
static gboolean
kernel_has_client (void)
{
  int context = (int) syscall (SYS_fsopen, "nfs", 0);

  if (context < 0)
    return FALSE;
  close (context);
  return TRUE;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_GROUND (a_volume_that_says_nothing_of_locks_is_refused),
    ON_GROUND (what_is_written_in_the_pod_is_on_the_export_and_the_reverse),
    ON_GROUND (a_read_only_volume_cannot_be_written),
    ON_GROUND (the_server_outlives_who_started_it_and_another_ends_it),
    ON_GROUND (a_dead_server_costs_its_pod_errors_and_others_nothing),
    ON_GROUND (a_server_that_dies_is_marked_and_replaced_without_anybody_asking),
    ON_GROUND (a_server_that_died_while_nobody_watched_is_replaced_by_the_next_sync),
    ON_GROUND (who_recovers_watches_the_server_too),
    ON_GROUND (a_volume_of_a_frozen_server_is_down_within_ten_seconds),
    ON_GROUND (what_a_server_lost_before_fsync_is_written_again),
    ON_GROUND (what_cannot_be_written_again_is_said_by_fsync),
  };
  g_autofree char *reason = NULL;
  const char *why = NULL;

  if (!scratch_enter (&why) || !nfs_net_enter (&why) || !nfs_server_works (&reason)
      || (access ("/dev/fuse", R_OK | W_OK) < 0 && (why = "there is no /dev/fuse"))
      || (kernel_has_client () && (why = "this kernel has an NFS client, which goes first")))
    {
      g_print ("ok - NFS volumes in user space # SKIP %s\n", why != NULL ? why : reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("NFS volumes in user space", tests, NULL, NULL);
}

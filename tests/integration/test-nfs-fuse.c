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
#include "support/user-servers.h"

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

/* Whoever shares an export with a database would find it without locks. */
static void
a_volume_that_says_nothing_of_locks_needs_a_server_that_keeps_them (void **state)
{
  static const char *const locks[] = { "", ", 'nolock', 'lock'", ", 'local_lock=all', 'local_lock=flock'" };
  Ground *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (locks); i++)
    {
      g_autoptr (KvolPod) pod = pod_with_locks ("web", "", locks[i]);
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
      assert_non_null (strstr (error->message, "cannot be locked"));
      assert_non_null (strstr (error->message, "local_lock=all"));
      story_remove (self->story, pod);
    }
  assert_no_user_server ();
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
  assert_no_user_server ();
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
  server = user_servers_get ();
  story_restart (self->story);
  assert_true (g_file_set_contents (file, "still", -1, NULL));
  story_sync (self->story, pod);
  assert_int_equal (user_servers_get (), server);
  assert_true (file_has (file, "still"));
  story_restart (self->story);
  story_remove (self->story, pod);
  assert_no_user_server ();
}

/* The status of everything, as text. */
static char *
story_error (Story *story)
{
  g_autoptr (GVariant) status = kvol_manager_get_status (story->manager);

  return g_variant_print (status, FALSE);
}

static void
a_dead_server_costs_its_pod_errors_and_others_nothing (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (KvolPod) next = pod_of ("next", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *other = in_pod (self, "next", "file");
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  gint64 began;

  story_sync (self->story, pod);
  assert_int_equal (kill (user_servers_get (), SIGKILL), 0);
  began = g_get_monotonic_time ();
  while (access (file, F_OK) < 0 && errno != ENOTCONN && errno != ECONNABORTED)
    assert_true (g_get_monotonic_time () - began < TEN_SECONDS);
  assert_true (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error) || error != NULL);
  said = story_error (self->story);
  if (strstr (said, "has died") == NULL)
    fail_msg ("\"%s\" does not say that the server has died", said);
  story_sync (self->story, next);
  assert_true (g_file_set_contents (other, "well", -1, NULL));
  story_remove (self->story, next);
  story_remove (self->story, pod);
  assert_no_user_server ();
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
  assert_no_user_server ();
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
    ON_GROUND (a_volume_that_says_nothing_of_locks_needs_a_server_that_keeps_them),
    ON_GROUND (what_is_written_in_the_pod_is_on_the_export_and_the_reverse),
    ON_GROUND (a_read_only_volume_cannot_be_written),
    ON_GROUND (the_server_outlives_who_started_it_and_another_ends_it),
    ON_GROUND (a_dead_server_costs_its_pod_errors_and_others_nothing),
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

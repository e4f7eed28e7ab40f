/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks on NFS volumes of pods on a machine whose kernel has no client for them: two pods share an export, and each has
 * a process of its own behind it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/nfs-story.h"
#include "support/scratch.h"
#include "support/user-servers.h"

#define TEN_SECONDS (10 * G_TIME_SPAN_SECOND)

static int
enter_with (void **state, NfsLocks locks)
{
  *state = nfs_story_begin (&(NfsServerSettings){ .locks = locks, .portmapper = TRUE }, NULL);
  return 0;
}

static int
enter_given (void **state)
{
  return enter_with (state, NFS_LOCKS_GIVEN);
}

static int
enter_denied (void **state)
{
  return enter_with (state, NFS_LOCKS_DENIED);
}

static int
enter_none (void **state)
{
  return enter_with (state, NFS_LOCKS_NONE);
}

static int
leave (void **state)
{
  nfs_story_end (*state);
  return 0;
}

static KvolPod *
pod_with (const char *name, const char *access_modes, const char *options)
{
  return nfs_story_pod (name, &(NfsStoryVolume){ .more = access_modes, .options = options });
}

static KvolPod *
pod_of (const char *name)
{
  return pod_with (name, NULL, NULL);
}

static int
open_in (NfsStory *self, const char *name)
{
  g_autofree char *path = nfs_story_path (self, name, "file");
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

  if (fd < 0)
    fail_msg ("%s: %s", path, g_strerror (errno));
  return fd;
}

static int
lock_range (int fd, int type)
{
  struct flock lock = { .l_type = (short) type, .l_whence = SEEK_SET, .l_len = 10 };

  return fcntl (fd, F_SETLK, &lock) < 0 ? errno : 0;
}

static int
wait_for_range (int fd)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };

  return fcntl (fd, F_SETLKW, &lock) < 0 ? errno : 0;
}

/* Whether the pod's file can be locked: 0, or why not. */
static int
try_lock (NfsStory *self, const char *name)
{
  KVOL_AUTO_FD file = open_in (self, name);

  return lock_range (file, F_WRLCK);
}

static char *
dup_status (Story *story)
{
  g_autoptr (GVariant) status = kvol_manager_get_status (story->manager);

  return g_variant_print (status, FALSE);
}

/* The files below a directory. */
static guint
count_files (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *below = g_build_filename (path, name, NULL);

      n += g_file_test (below, G_FILE_TEST_IS_DIR) ? count_files (below) : 1;
    }
  return n;
}

/* How many volumes have a record of locks. */
static guint
count_records (NfsStory *self)
{
  g_autofree char *path = g_build_filename (self->story->root, "kvol/plugins/kubernetes.io~nfs/locks", NULL);

  return count_files (path);
}

static void
two_pods_of_one_export_exclude_each_other (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) a = pod_of ("a");
  g_autoptr (KvolPod) b = pod_of ("b");
  KVOL_AUTO_FD in_a = -1;
  KVOL_AUTO_FD in_b = -1;

  story_sync (self->story, a);
  story_sync (self->story, b);
  assert_int_equal (count_records (self), 2);
  in_a = open_in (self, "a");
  in_b = open_in (self, "b");
  assert_int_equal (lock_range (in_a, F_WRLCK), 0);
  assert_int_equal (lock_range (in_b, F_RDLCK), EAGAIN);
  assert_int_equal (flock (in_b, LOCK_SH | LOCK_NB), -1);
  kvol_clear_fd (&in_a);
  assert_int_equal (lock_range (in_b, F_WRLCK), 0);
  kvol_clear_fd (&in_b);
  story_remove (self->story, a);
  story_remove (self->story, b);
  assert_no_user_server ();
  assert_int_equal (count_records (self), 0);
}

/* The pod has a lock, and its volume's process is gone. */
static void
kill_with_a_lock (NfsStory *self, const char *name)
{
  KVOL_AUTO_FD file = open_in (self, name);

  assert_int_equal (lock_range (file, F_WRLCK), 0);
  user_servers_kill ();
}

static void
what_a_killed_server_had_locked_is_free_for_the_others_and_its_successor (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) a = pod_of ("a");
  g_autoptr (KvolPod) b = pod_of ("b");

  story_sync (self->story, a);
  kill_with_a_lock (self, "a");
  story_sync (self->story, a);
  assert_int_equal (count_records (self), 1);
  story_sync (self->story, b);
  assert_int_equal (try_lock (self, "b"), 0);
  assert_int_equal (try_lock (self, "a"), 0);
  story_remove (self->story, b);
  story_remove (self->story, a);
}

static void
what_a_killed_server_had_locked_is_free_when_its_volume_is_down (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) a = pod_of ("a");
  g_autoptr (KvolPod) b = pod_of ("b");

  story_sync (self->story, a);
  kill_with_a_lock (self, "a");
  /* Whoever clears up has the record alone. */
  story_restart (self->story);
  story_remove (self->story, a);
  assert_int_equal (count_records (self), 0);
  story_sync (self->story, b);
  assert_int_equal (try_lock (self, "b"), 0);
  story_remove (self->story, b);
}

static void
what_a_frozen_server_still_has_locked_is_freed_by_the_next_volume (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) a = pod_of ("a");
  g_autoptr (KvolPod) b = pod_of ("b");
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD file = -1;

  story_sync (self->story, a);
  file = open_in (self, "a");
  assert_int_equal (lock_range (file, F_WRLCK), 0);
  /* Before a successor could free it. */
  assert_true (nfs_server_freeze (self->server, &error));
  user_servers_kill ();
  kvol_clear_fd (&file);
  story_remove (self->story, a);
  assert_int_equal (count_records (self), 1);
  assert_true (nfs_server_thaw (self->server, &error));
  story_sync (self->story, b);
  assert_int_equal (count_records (self), 1);
  file = open_in (self, "b");
  assert_int_equal (wait_for_range (file), 0);
  kvol_clear_fd (&file);
  story_remove (self->story, b);
  assert_int_equal (count_records (self), 0);
}

/* Its process has a connection to the lock manager as well, and what it has written is not committed. */
static void
a_volume_with_locks_of_a_frozen_server_is_down_within_ten_seconds (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("a");
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD file = -1;
  gint64 began;

  story_sync (self->story, pod);
  file = open_in (self, "a");
  assert_int_equal (lock_range (file, F_WRLCK), 0);
  assert_int_equal (write (file, "data", 4), 4);
  kvol_clear_fd (&file);
  assert_true (nfs_server_freeze (self->server, &error));
  began = g_get_monotonic_time ();
  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () - began < TEN_SECONDS);
  assert_no_user_server ();
  assert_true (nfs_server_thaw (self->server, &error));
}

/* The pod is not told: its containers wait in the kernel, and one has the lock. */
static void
a_volume_that_is_in_use_and_locked_leaves_nothing_at_a_frozen_server (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) a = pod_of ("a");
  g_autoptr (KvolPod) b = pod_of ("b");
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD in_a = -1;
  KVOL_AUTO_FD in_b = -1;
  gint64 began;

  story_sync (self->story, a);
  in_a = open_in (self, "a");
  assert_int_equal (lock_range (in_a, F_WRLCK), 0);
  assert_true (nfs_server_freeze (self->server, &error));
  began = g_get_monotonic_time ();
  while (!kvol_manager_remove_pod (self->story->manager, kvol_pod_get_uid (a), NULL, NULL))
    assert_true (g_get_monotonic_time () - began < 6 * TEN_SECONDS);
  assert_no_user_server ();
  assert_true (nfs_server_thaw (self->server, &error));
  story_sync (self->story, b);
  in_b = open_in (self, "b");
  assert_int_equal (wait_for_range (in_b), 0);
  kvol_clear_fd (&in_b);
  kvol_clear_fd (&in_a);
  story_remove (self->story, b);
  assert_int_equal (count_records (self), 0);
}

/* Its containers may still change what they have open, and have it locked. */
static void
a_volume_that_somebody_else_unmounted_comes_back_when_nobody_has_it_open (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("a");
  g_autofree char *place = nfs_story_path (self, "a", NULL);
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD file = -1;

  story_sync (self->story, pod);
  file = open_in (self, "a");
  assert_int_equal (lock_range (file, F_WRLCK), 0);
  assert_int_equal (umount2 (place, MNT_DETACH), 0);
  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  assert_non_null (strstr (error->message, "no container has the volume open any more"));
  assert_int_equal (lock_range (file, F_RDLCK), 0);
  kvol_clear_fd (&file);
  assert_true (kvol_manager_wait_pod (self->story->manager, kvol_pod_get_uid (pod), NULL, NULL));
  assert_int_equal (try_lock (self, "a"), 0);
  story_remove (self->story, pod);
  assert_no_user_server ();
}

static void
a_server_that_denies_locks_is_a_condition_of_the_volume (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("a");
  g_autofree char *status = NULL;

  story_sync (self->story, pod);
  status = dup_status (self->story);
  assert_non_null (strstr (status, "LocksDenied"));
  assert_non_null (strstr (status, "rpc.statd"));
  assert_int_equal (try_lock (self, "a"), ENOLCK);
  story_remove (self->story, pod);
}

static void
a_server_without_a_lock_manager_is_refused_unless_locks_are_local (void **state)
{
  static const char *const good[] = { "'nolock'", "'local_lock=all'" };
  NfsStory *self = *state;
  g_autoptr (KvolPod) refused = pod_of ("a");
  g_autoptr (KvolPod) half = pod_with ("b", NULL, "'local_lock=flock'");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) other = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, refused, NULL, &error));
  assert_non_null (strstr (error->message, "cannot be locked"));
  assert_non_null (strstr (error->message, "has no lock manager"));
  assert_non_null (strstr (error->message, "local_lock=all"));
  assert_false (kvol_manager_sync_pod (self->story->manager, half, NULL, &other));
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (KvolPod) pod = pod_with ("c", NULL, good[i]);

      story_sync (self->story, pod);
      assert_int_equal (try_lock (self, "c"), 0);
      story_remove (self->story, pod);
    }
  story_remove (self->story, refused);
  story_remove (self->story, half);
  assert_no_user_server ();
}

/* Nobody else can have a lock on it. */
static void
a_volume_of_one_pod_alone_needs_no_lock_manager (void **state)
{
  NfsStory *self = *state;
  g_autoptr (KvolPod) pod = pod_with ("a", ", 'accessModes': <['ReadWriteOncePod']>", NULL);
  g_autoptr (KvolPod) node = pod_with ("b", ", 'accessModes': <['ReadWriteOnce']>", NULL);
  g_autoptr (KvolPod) asked = pod_with ("c", ", 'accessModes': <['ReadWriteOncePod']>", "'lock'");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) other = NULL;

  story_sync (self->story, pod);
  assert_int_equal (try_lock (self, "a"), 0);
  story_remove (self->story, pod);
  assert_false (kvol_manager_sync_pod (self->story->manager, node, NULL, &error));
  assert_non_null (strstr (error->message, "cannot be locked"));
  story_remove (self->story, node);
  assert_false (kvol_manager_sync_pod (self->story->manager, asked, NULL, &other));
  assert_non_null (strstr (other->message, "cannot be locked"));
  story_remove (self->story, asked);
}

#define ON(enter, test) cmocka_unit_test_setup_teardown (test, enter, leave)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON (enter_given, two_pods_of_one_export_exclude_each_other),
    ON (enter_given, what_a_killed_server_had_locked_is_free_for_the_others_and_its_successor),
    ON (enter_given, what_a_killed_server_had_locked_is_free_when_its_volume_is_down),
    ON (enter_given, what_a_frozen_server_still_has_locked_is_freed_by_the_next_volume),
    ON (enter_given, a_volume_with_locks_of_a_frozen_server_is_down_within_ten_seconds),
    ON (enter_given, a_volume_that_is_in_use_and_locked_leaves_nothing_at_a_frozen_server),
    ON (enter_given, a_volume_that_somebody_else_unmounted_comes_back_when_nobody_has_it_open),
    ON (enter_denied, a_server_that_denies_locks_is_a_condition_of_the_volume),
    ON (enter_none, a_server_without_a_lock_manager_is_refused_unless_locks_are_local),
    ON (enter_none, a_volume_of_one_pod_alone_needs_no_lock_manager),
  };

  if (!nfs_story_enter (TRUE, "locks of pods on NFS"))
    return 0;
  if (!scratch_is_real_root ())
    {
      g_print ("ok - locks of pods on NFS # SKIP a portmapper beside the server takes real root\n");
      return 0;
    }
  return cmocka_run_group_tests_name ("locks of pods on NFS", tests, NULL, NULL);
}

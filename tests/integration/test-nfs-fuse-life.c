/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the process behind an NFS volume in user space: who starts, finds, watches and ends it, and what becomes
 * of its pod when it dies, or when it or the NFS server freezes. */
#include "nfs-fuse-ground.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

/* A test that has a volume, says which process serves it, and goes on for ever. */
static G_GNUC_NORETURN void
be_a_test (int said)
{
  const char *reason = NULL;
  Ground *self;
  int server;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    _exit (1);
  self = nfs_story_begin (NULL, NULL);
  story_sync (self->story, pod_of ("web", ""));
  server = user_servers_get ();
  if (write (said, &server, sizeof server) != sizeof server)
    _exit (1);
  for (;;)
    pause ();
}

/* It may be killed in the midst, and its server outlives who started it. */
static void
a_test_that_is_killed_leaves_no_server (void **state)
{
  struct pollfd ended = { .events = POLLIN };
  int ends[2], server, status;
  pid_t test;

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  test = fork ();
  if (test == 0)
    be_a_test (ends[1]);
  close (ends[1]);
  assert_int_equal (read (ends[0], &server, sizeof server), sizeof server);
  ended.fd = (int) syscall (SYS_pidfd_open, server, 0);
  assert_true (ended.fd >= 0);
  assert_int_equal (kill (test, SIGKILL), 0);
  assert_int_equal (poll (&ended, 1, 30000), 1);
  assert_int_equal (waitpid (test, &status, 0), test);
  close (ended.fd);
  close (ends[0]);
}

/* The directory of the control group that the server has for itself: beside that of who started it, as kvol makes it
 * where there is no systemd. NULL: it has none. */
static char *
dup_group (int server)
{
  static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/memory" };
  g_autofree char *path = g_strdup_printf ("/proc/%d/cgroup", server);
  g_autofree char *own = g_strdup_printf ("/kvol-server-%d", server);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    for (gsize k = 0; k < G_N_ELEMENTS (mounts) && g_str_has_suffix (lines[i], own); k++)
      {
        g_autofree char *dir = g_strconcat (mounts[k], strchr (strchr (lines[i], ':') + 1, ':') + 1, NULL);

        if (g_file_test (dir, G_FILE_TEST_IS_DIR))
          return g_steal_pointer (&dir);
      }
  return NULL;
}

static void
the_group_of_a_server_goes_with_the_volume (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *group = NULL;

  story_sync (self->story, pod);
  group = dup_group (user_servers_get ());
  /* Who waits for its end to come is gone. */
  story_restart (self->story);
  story_remove (self->story, pod);
  if (group == NULL)
    skip_because ("a server has no control group of its own here");
  assert_false (g_file_test (group, G_FILE_TEST_EXISTS));
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
  dead = user_servers_kill ();
  await_mark (self);
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, &error));
  assert_int_not_equal (user_servers_get (), dead);
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
  assert_no_user_server ();
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
  story_restart (self->story);
  dead = user_servers_kill ();
  story_sync (self->story, pod);
  assert_int_not_equal (user_servers_get (), dead);
  said = story_error (self->story);
  assert_non_null (strstr (said, "ServerDied"));
  assert_true (file_has (file, "content"));
  story_remove (self->story, pod);
  assert_no_user_server ();
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
  user_servers_kill ();
  await_mark (self);
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, &error));
  assert_true (g_file_set_contents (file, "content", -1, NULL));
  story_remove (self->story, pod);
  assert_no_user_server ();
}

/* A directory of programs in which kvol-nfs serves, and is dead soon after it has begun to: when it has filtered its
 * system calls it is about to. It has a line in LOG for each time. */
static char *
make_mortal (const char *log)
{
  g_autofree char *real = g_build_filename (g_getenv ("B"), "libexec", NULL);
  g_autofree char *script =
      g_strdup_printf ("#!/bin/sh\necho >>%s\n%s/kvol-nfs \"$@\" &\n"
                       "until grep -q '^Seccomp:.*2' /proc/$!/status; do sleep 0.1; done\nsleep 0.5\nkill -9 $!\n",
                       log, real);
  g_autofree char *program = g_build_filename (real, "kvol-worker", NULL);
  char *dir = scratch_dir ("mortal");
  g_autofree char *link = g_build_filename (dir, "kvol-worker", NULL);
  g_autofree char *mortal = g_build_filename (dir, "kvol-nfs", NULL);

  assert_int_equal (symlink (program, link), 0);
  assert_true (g_file_set_contents_full (mortal, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  return dir;
}

static gint64
get_length (const char *file)
{
  struct stat status = { 0 };

  return stat (file, &status) == 0 ? status.st_size : 0;
}

/* On a slow machine it dies less often still. */
static void
a_server_that_dies_again_and_again_is_replaced_ever_later (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *log = g_build_filename (self->data, "log", NULL);
  g_autofree char *mortal = make_mortal (log);
  gint64 began;

  g_setenv ("KVOL_LIBEXEC_DIR", mortal, TRUE);
  story_restart (self->story);
  began = g_get_monotonic_time ();
  story_sync (self->story, pod);
  while (get_length (log) < 3)
    {
      assert_true (g_get_monotonic_time () - began < 3 * TEN_SECONDS);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
  while (g_get_monotonic_time () - began < TEN_SECONDS / 2)
    g_usleep (100 * G_TIME_SPAN_MILLISECOND);
  assert_true (get_length (log) <= 5);
  g_unsetenv ("KVOL_LIBEXEC_DIR");
  story_restart (self->story);
  story_remove (self->story, pod);
  assert_no_user_server ();
}

/* What is behind @place gives errors, and soon: not what has taken its place since. */
static void
await_errors (int place)
{
  const gint64 began = g_get_monotonic_time ();

  while (faccessat (place, "file", F_OK, 0) == 0 || (errno != ENOTCONN && errno != ECONNABORTED))
    assert_true (g_get_monotonic_time () - began < TEN_SECONDS);
}

static void
a_dead_server_costs_its_pod_errors_and_others_nothing (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (KvolPod) next = pod_of ("next", "");
  g_autofree char *volume = in_pod (self, "web", NULL);
  g_autofree char *other = in_pod (self, "next", "file");
  KVOL_AUTO_FD place = -1;

  story_sync (self->story, pod);
  place = open (volume, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (place >= 0);
  user_servers_kill ();
  await_errors (place);
  kvol_clear_fd (&place);
  await_mark (self);
  assert_true (kvol_manager_wait_pod (self->story->manager, "web-uid", NULL, NULL));
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

/* ---- frozen ---- */

/* One who reads and one who writes, and both wait: their descriptors say how they end, by an errno each. */
typedef struct
{
  pid_t pid[2];
  int said[2];
} Waiters;

static G_GNUC_NORETURN void
wait_in (int fd, gboolean writes, int said)
{
  static char block[1 << 20];
  int failure = 0;

  if (write (said, &failure, sizeof failure) != sizeof failure)
    _exit (1);
  do
    if ((writes ? pwrite (fd, block, sizeof block, 0) < 0 || fsync (fd) < 0
                : posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED) != 0 || pread (fd, block, sizeof block, 0) < 0))
      failure = errno;
  while (failure == 0);
  _exit (write (said, &failure, sizeof failure) == sizeof failure ? 0 : 1);
}

/* Files are opened before the freeze, as opening would wait already. */
static void
start_waiters (Ground *self, const char *name, Waiters *waiters)
{
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *leaf = g_strdup_printf ("file-%d", i);
      g_autofree char *file = in_pod (self, name, leaf);
      int ends[2], fd, failure;

      assert_true (g_file_set_contents (file, "content", -1, NULL));
      fd = open (file, O_RDWR | O_CLOEXEC);
      assert_true (fd >= 0);
      assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
      waiters->pid[i] = fork ();
      if (waiters->pid[i] == 0)
        wait_in (fd, i == 1, ends[1]);
      close (fd);
      close (ends[1]);
      waiters->said[i] = ends[0];
      assert_int_equal (read (ends[0], &failure, sizeof failure), sizeof failure);
    }
}

/* Each has been given an error, and not the end of the world. */
static void
assert_waiters_free (Waiters *waiters)
{
  for (int i = 0; i < 2; i++)
    {
      struct pollfd ready = { .fd = waiters->said[i], .events = POLLIN };
      int failure = 0;
      int status = 1;

      assert_int_equal (poll (&ready, 1, 10000), 1);
      assert_int_equal (read (waiters->said[i], &failure, sizeof failure), sizeof failure);
      assert_true (failure == ECONNABORTED || failure == ENOTCONN || failure == EIO || failure == ETIMEDOUT);
      assert_int_equal (waitpid (waiters->pid[i], &status, 0), waiters->pid[i]);
      assert_int_equal (status, 0);
      close (waiters->said[i]);
    }
}

static void
remove_within_ten_seconds (Ground *self, KvolPod *pod)
{
  gint64 began = g_get_monotonic_time ();

  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () - began < TEN_SECONDS);
}

static void
users_of_a_frozen_nfs_server_are_freed_by_the_teardown (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  Waiters waiters;

  story_sync (self->story, pod);
  start_waiters (self, "web", &waiters);
  assert_true (nfs_server_freeze (self->server, NULL));
  remove_within_ten_seconds (self, pod);
  assert_waiters_free (&waiters);
  assert_no_user_server ();
  assert_true (nfs_server_thaw (self->server, NULL));
}

static void
users_of_a_frozen_kvol_nfs_are_freed_by_the_teardown (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  Waiters waiters;

  story_sync (self->story, pod);
  start_waiters (self, "web", &waiters);
  assert_int_equal (kill (user_servers_get (), SIGSTOP), 0);
  remove_within_ten_seconds (self, pod);
  assert_waiters_free (&waiters);
  assert_no_user_server ();
}

static void
a_new_pod_gets_a_server_beside_a_frozen_one (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autoptr (KvolPod) next = pod_of ("next", "");
  g_autofree char *file = in_pod (self, "next", "new");

  story_sync (self->story, pod);
  assert_int_equal (kill (user_servers_get (), SIGSTOP), 0);
  story_sync (self->story, next);
  assert_true (g_file_set_contents (file, "well", -1, NULL));
  story_remove (self->story, next);
  remove_within_ten_seconds (self, pod);
  assert_no_user_server ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    /* While this process has no threads yet. */
    cmocka_unit_test (a_test_that_is_killed_leaves_no_server),
    ON_GROUND (users_of_a_frozen_nfs_server_are_freed_by_the_teardown),
    ON_GROUND (users_of_a_frozen_kvol_nfs_are_freed_by_the_teardown),
    ON_GROUND (a_new_pod_gets_a_server_beside_a_frozen_one),
    ON_GROUND (the_server_outlives_who_started_it_and_another_ends_it),
    ON_GROUND (the_group_of_a_server_goes_with_the_volume),
    ON_GROUND (a_dead_server_costs_its_pod_errors_and_others_nothing),
    ON_GROUND (a_server_that_dies_is_marked_and_replaced_without_anybody_asking),
    ON_GROUND (a_server_that_died_while_nobody_watched_is_replaced_by_the_next_sync),
    ON_GROUND (a_server_that_dies_again_and_again_is_replaced_ever_later),
    ON_GROUND (who_recovers_watches_the_server_too),
    ON_GROUND (a_volume_of_a_frozen_server_is_down_within_ten_seconds),
  };

  return ground_begin () ? cmocka_run_group_tests_name ("the life of a volume's server", tests, NULL, NULL) : 0;
}

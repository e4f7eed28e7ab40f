/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NFS volumes of pods on a machine whose kernel has no client for them, from a real server: through the whole library,
 * with a process of their own behind each. */
#include "nfs-fuse-ground.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#define PIECE 32768u

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
assert_flags (Ground *self, const char *name, unsigned long flags, unsigned long wanted)
{
  g_autofree char *place = in_pod (self, name, NULL);
  struct statvfs shown;

  assert_int_equal (statvfs (place, &shown), 0);
  assert_int_equal (shown.f_flag & flags, wanted);
}

static void
options_of_the_mount_are_the_mount_s (void **state)
{
  const unsigned long flags = ST_RDONLY | ST_NOATIME | ST_NOEXEC;
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_with_locks ("web", "", ", 'nolock,ro', 'noatime', 'noexec'");
  g_autoptr (KvolPod) plain = pod_of ("plain", "");
  g_autofree char *file = in_pod (self, "web", "new");

  story_sync (self->story, pod);
  story_sync (self->story, plain);
  assert_flags (self, "web", flags, flags);
  assert_flags (self, "plain", flags, 0);
  assert_int_equal (open (file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
  assert_int_equal (errno, EROFS);
  story_remove (self->story, plain);
  story_remove (self->story, pod);
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

/* One piece after the other, none of them large, so that one thread does it alone: another one would have what is
 * written by then committed when it connects, and that is not the server's to lose. */
static void
write_in_pieces (int fd, const char *content, gsize length)
{
  for (gsize at = 0; at < length; at += PIECE)
    assert_int_equal (write (fd, content + at, PIECE), PIECE);
}

static void
what_a_server_lost_before_fsync_is_written_again (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autofree char *on_export = g_build_filename (self->data, "file", NULL);
  const gsize length = 64 * PIECE;
  g_autofree char *content = g_strnfill (length, 'x');
  int fd;

  story_sync (self->story, pod);
  fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  assert_true (fd >= 0);
  write_in_pieces (fd, content, length);
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

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_GROUND (a_volume_that_says_nothing_of_locks_needs_a_server_that_keeps_them),
    ON_GROUND (what_is_written_in_the_pod_is_on_the_export_and_the_reverse),
    ON_GROUND (a_read_only_volume_cannot_be_written),
    ON_GROUND (options_of_the_mount_are_the_mount_s),
    ON_GROUND (what_a_server_lost_before_fsync_is_written_again),
    ON_GROUND (what_cannot_be_written_again_is_said_by_fsync),
  };

  return ground_begin () ? cmocka_run_group_tests_name ("NFS volumes in user space", tests, NULL, NULL) : 0;
}

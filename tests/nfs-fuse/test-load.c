/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume of kvol-nfs under load: many writers, many entries, a server that is killed, and one that freezes. */
#include "nfs-fuse/served.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/fault.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define N_WRITERS 8
#define BLOCK (64 << 10)
#define BLOCKS_PER_WRITER 64
#define END_MSEC 10000
#define SILENCE_SECONDS 5

/* A block says where it belongs, all over. */
static void
fill (guint64 *block, guint writer, guint index, guint round)
{
  for (gsize i = 0; i < BLOCK / sizeof *block; i++)
    block[i] = (guint64) round << 48 | (guint64) writer << 40 | (guint64) index << 20 | i;
}

static gboolean
write_block (int fd, guint writer, guint index, guint round)
{
  g_autofree guint64 *block = g_malloc (BLOCK);

  fill (block, writer, index, round);
  return pwrite (fd, block, BLOCK, (off_t) index * BLOCK) == BLOCK;
}

static gboolean
has_block (int fd, guint writer, guint index, guint round)
{
  g_autofree guint64 *wanted = g_malloc (BLOCK);
  g_autofree guint64 *found = g_malloc (BLOCK);

  fill (wanted, writer, index, round);
  return pread (fd, found, BLOCK, (off_t) index * BLOCK) == BLOCK && memcmp (wanted, found, BLOCK) == 0;
}

static char *
file_of (const char *dir, guint number)
{
  return g_strdup_printf ("%s/file-%06u", dir, number);
}

/* ---- writers ---- */

static G_GNUC_NORETURN void
write_file (const char *dir, guint writer)
{
  g_autofree char *path = file_of (dir, writer);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  gboolean good = fd >= 0;

  for (guint i = 0; good && i < BLOCKS_PER_WRITER; i++)
    good = write_block (fd, writer, i, 0);
  _exit (good && fsync (fd) == 0 && close (fd) == 0 ? 0 : 1);
}

static void
eight_writers_at_once_leave_what_each_wrote (void **state)
{
  ServedGround *ground = *state;
  pid_t writers[N_WRITERS];

  if (!served_ground_open (ground, NULL))
    skip ();
  for (guint i = 0; i < N_WRITERS; i++)
    if ((writers[i] = fork ()) == 0)
      write_file (ground->volume.path, i);
  for (guint i = 0; i < N_WRITERS; i++)
    {
      int status = 1;

      waitpid (writers[i], &status, 0);
      assert_int_equal (status, 0);
    }
  served_stop (&ground->volume);
  for (guint i = 0; i < N_WRITERS; i++)
    {
      g_autofree char *path = file_of (ground->export.data, i);
      KVOL_AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);

      for (guint k = 0; k < BLOCKS_PER_WRITER; k++)
        assert_true (has_block (fd, i, k, 0));
    }
}

/* ---- entries ---- */

static guint
count_entries (const char *path, guint n)
{
  g_autofree guint8 *seen = g_malloc0 (n);
  guint count = 0;
  DIR *dir = opendir (path);
  struct dirent *entry;

  assert_non_null (dir);
  while ((entry = readdir (dir)) != NULL)
    if (g_str_has_prefix (entry->d_name, "file-"))
      {
        guint64 number = g_ascii_strtoull (entry->d_name + strlen ("file-"), NULL, 10);

        assert_true (number < n && seen[number] == 0);
        seen[number] = 1;
        count++;
      }
  closedir (dir);
  return count;
}

static void
each_of_very_many_entries_is_listed_once (void **state)
{
  ServedGround *ground = *state;
  const guint n = served_is_long () ? 100000 : 5000;

  if (!served_ground_open (ground, NULL))
    skip ();
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = file_of (i % 2 == 0 ? ground->volume.path : ground->export.data, i);
      KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

      assert_true (fd >= 0);
    }
  assert_int_equal (count_entries (ground->volume.path, n), n);
  served_stop (&ground->volume);
}

static void
make_files (const char *dir, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = file_of (dir, i);

      assert_true (g_file_set_contents (path, "", 0, NULL));
    }
}

/* The volume's directory, with so many files in it. */
static DIR *
open_many (ServedGround *ground, guint n)
{
  DIR *dir;

  if (!served_ground_open (ground, NULL))
    skip ();
  make_files (ground->export.data, n);
  dir = opendir (ground->volume.path);
  assert_non_null (dir);
  return dir;
}

/* As "rm -r" does it: what was listed goes, and others come and go beside it. */
static void
a_place_in_a_directory_stays_while_it_changes (void **state)
{
  ServedGround *ground = *state;
  const guint n = served_is_long () ? 20000 : 2000;
  DIR *dir = open_many (ground, n);
  struct dirent *entry;
  guint removed = 0;

  for (errno = 0; (entry = readdir (dir)) != NULL; errno = 0)
    if (g_str_has_prefix (entry->d_name, "file-"))
      {
        g_autofree char *added = g_strdup_printf ("%s/other-%u", ground->volume.path, removed);

        assert_int_equal (unlinkat (dirfd (dir), entry->d_name, 0), 0);
        assert_true (g_mkdir (added, 0755) == 0 && g_rmdir (added) == 0);
        removed++;
      }
  assert_int_equal (errno, 0);
  closedir (dir);
  assert_int_equal (removed, n);
  assert_int_equal (count_entries (ground->export.data, n), 0);
  served_stop (&ground->volume);
}

/* ---- a server that is killed ---- */

static void
a_place_in_a_directory_stays_while_its_server_restarts (void **state)
{
  ServedGround *ground = *state;
  const guint n = served_is_long () ? 20000 : 2000;
  DIR *dir = open_many (ground, n);
  struct dirent *entry;
  guint seen = 0;

  for (errno = 0; (entry = readdir (dir)) != NULL; errno = 0)
    if (g_str_has_prefix (entry->d_name, "file-") && seen++ == 0)
      {
        assert_true (nfs_server_kill (ground->export.server, NULL));
        assert_true (nfs_server_restart (ground->export.server, NULL));
      }
  assert_int_equal (errno, 0);
  closedir (dir);
  assert_int_equal (seen, n);
  served_stop (&ground->volume);
}

/* Writes block after block, each with fsync, and says of each that it is safe. */
static G_GNUC_NORETURN void
write_and_say (const char *dir, guint round, int told)
{
  g_autofree char *path = file_of (dir, 0);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

  for (guint i = 0; fd >= 0; i = (i + 1) % BLOCKS_PER_WRITER)
    if (!write_block (fd, 0, i, round) || fsync (fd) < 0 || write (told, &i, sizeof i) != sizeof i)
      break;
  _exit (1);
}

/* The server dies after some blocks; when it is back, more must come through. All that was said to be safe is there. */
static void
kill_once (const ServedGround *ground, guint round)
{
  gboolean safe[BLOCKS_PER_WRITER] = { FALSE };
  g_autofree char *path = file_of (ground->export.data, 0);
  KVOL_AUTO_FD fd = -1;
  guint n = 0;
  int ends[2];
  pid_t writer;

  assert_int_equal (pipe (ends), 0);
  if ((writer = fork ()) == 0)
    write_and_say (ground->volume.path, round, ends[1]);
  close (ends[1]);
  for (guint said; n < 2 * BLOCKS_PER_WRITER && read (ends[0], &said, sizeof said) == sizeof said; n++)
    {
      safe[said] = TRUE;
      if (n != 3 + round % 7)
        continue;
      assert_true (nfs_server_kill (ground->export.server, NULL));
      assert_true (nfs_server_restart (ground->export.server, NULL));
    }
  kill (writer, SIGKILL);
  waitpid (writer, NULL, 0);
  close (ends[0]);
  assert_int_equal (n, 2 * BLOCKS_PER_WRITER);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  for (guint i = 0; i < BLOCKS_PER_WRITER; i++)
    assert_true (safe[i] && has_block (fd, 0, i, round));
}

static void
what_fsync_acknowledged_outlives_the_death_of_the_server (void **state)
{
  ServedGround *ground = *state;
  const guint n = served_is_long () ? 50 : 5;

  if (!served_ground_open (ground, NULL))
    skip ();
  for (guint round = 1; round <= n; round++)
    kill_once (ground, round);
  served_stop (&ground->volume);
}

/* Somebody takes connections at the server's port and says nothing; then the server is there again. */
static void
a_server_that_was_silent_is_asked_again (void **state)
{
  const NfsFaultPlan plan = { .kind = NFS_FAULT_BLACK_HOLE, .port = NFS_PORT };
  ServedGround *ground = *state;
  g_autoptr (NfsFault) fault = NULL;
  g_autoptr (GError) error = NULL;
  int status = 1;
  pid_t child;

  if (!served_ground_open (ground, NULL))
    skip ();
  assert_int_equal (access (ground->volume.path, F_OK), 0);
  assert_true (nfs_server_kill (ground->export.server, NULL));
  child = fork ();
  if (child == 0)
    {
      g_autofree char *path = file_of (ground->volume.path, 0);

      _exit (g_mkdir (path, 0755) == 0 ? 0 : 1);
    }
  fault = nfs_fault_start (&plan, &error);
  if (fault == NULL)
    fail_msg ("%s", error->message);
  /* Time for an attempt to be given up. */
  g_usleep (SILENCE_SECONDS * G_USEC_PER_SEC);
  g_clear_pointer (&fault, nfs_fault_stop);
  assert_true (nfs_server_restart (ground->export.server, NULL));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
  served_stop (&ground->volume);
}

/* ---- a server that freezes ---- */

/* Somebody who waits for a frozen server, inside the volume. */
static pid_t
wait_inside (const ServedGround *ground)
{
  g_autofree char *path = file_of (ground->volume.path, 1);
  KVOL_AUTO_FD fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  pid_t child;
  int ends[2];
  char said;

  assert_true (fd >= 0);
  assert_int_equal (pipe (ends), 0);
  assert_true (nfs_server_freeze (ground->export.server, NULL));
  child = fork ();
  if (child == 0)
    {
      if (write (ends[1], "1", 1) == 1)
        write_block (fd, 1, 0, 0);
      _exit (fsync (fd) < 0 ? 0 : 1);
    }
  assert_int_equal (read (ends[0], &said, 1), 1);
  close (ends[0]);
  close (ends[1]);
  return child;
}

static void
freeze_and (ServedGround *ground, gboolean abort)
{
  gint64 begin;
  pid_t child;

  if (!served_ground_open (ground, NULL))
    skip ();
  child = wait_inside (ground);
  begin = g_get_monotonic_time ();
  if (abort)
    {
      g_autofree char *connections = scratch_dir ("connections");
      g_autofree char *path = g_strdup_printf ("%s/%u/abort", connections, ground->volume.minor);

      assert_int_equal (mount ("fusectl", connections, "fusectl", 0, NULL), 0);
      KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CLOEXEC);
      assert_int_equal (write (fd, "1", 1), 1);
      assert_int_equal (umount2 (connections, MNT_DETACH), 0);
    }
  else
    assert_int_equal (kill (ground->volume.pid, SIGKILL), 0);
  /* It has been given an error. */
  assert_int_equal (waitpid (child, NULL, 0), child);
  assert_int_equal (umount2 (ground->volume.path, UMOUNT_NOFOLLOW), 0);
  assert_true (served_await_end (&ground->volume, END_MSEC));
  assert_true (g_get_monotonic_time () - begin < END_MSEC * 1000);
}

static void
a_frozen_server_is_left_by_aborting_the_connection (void **state)
{
  freeze_and (*state, TRUE);
}

static void
a_frozen_server_is_left_by_killing_kvol_nfs (void **state)
{
  freeze_and (*state, FALSE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, eight_writers_at_once_leave_what_each_wrote),
    TEST_ON (served_ground, each_of_very_many_entries_is_listed_once),
    TEST_ON (served_ground, a_place_in_a_directory_stays_while_it_changes),
    TEST_ON (served_ground, a_place_in_a_directory_stays_while_its_server_restarts),
    TEST_ON (served_ground, what_fsync_acknowledged_outlives_the_death_of_the_server),
    TEST_ON (served_ground, a_server_that_was_silent_is_asked_again),
    TEST_ON (served_ground, a_frozen_server_is_left_by_aborting_the_connection),
    TEST_ON (served_ground, a_frozen_server_is_left_by_killing_kvol_nfs),
  };

  return own_net_run ("nfs load", tests);
}

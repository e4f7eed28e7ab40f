/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes so large that their pages are handed on and not copied: each byte arrives where it belongs, of any length and
 * at any place, and also where they can be copied only, where the connection takes a little at a time, and where the
 * server forgets them before they last. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/aside.h"
#include "nfs-fuse/counted.h"
#include "nfs-fuse/large.h"
#include "nfs-fuse/two-pods.h"
#include "support/own-net.h"
#include "support/proc.h"

#define PAGE 4096u
#define MIB (1024u * 1024)
#define PATIENCE_USEC (30 * G_USEC_PER_SEC)

static char *
file_of (const char *directory)
{
  return g_build_filename (directory, "large", NULL);
}

static void
write_rows_by (const ServedGround *ground, int access)
{
  g_autofree char *path = file_of (ground->volume.path);
  g_autofree char *exported = file_of (ground->export.data);
  g_autofree char *bytes = g_malloc0 (LARGE_MOST);

  for (gsize i = 0; i < n_large_rows; i++)
    {
      KVOL_AUTO_FD fd = open (path, access | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

      print_message ("# %s\n", large_rows[i].label);
      large_fill (bytes, large_rows[i].size, (guint32) i);
      assert_int_equal (pwrite (fd, bytes, large_rows[i].size, (off_t) large_rows[i].offset), large_rows[i].size);
      assert_int_equal (fsync (fd), 0);
      large_expect (exported, large_rows[i].offset, bytes, large_rows[i].size);
      large_expect (path, large_rows[i].offset, bytes, large_rows[i].size);
    }
}

/* Through the kernel's cache and past it. */
static void
write_rows (const ServedGround *ground)
{
  write_rows_by (ground, O_RDWR);
  write_rows_by (ground, O_WRONLY);
}

/* cp(1) and its like read and write so much at a time. */
static void
assert_best_size (const Served *volume, blksize_t size)
{
  struct stat status;

  assert_int_equal (stat (volume->path, &status), 0);
  assert_int_equal (status.st_blksize, size);
}

/* With what is around the data, which is less than this. */
static void
no_call_is_longer_than_the_server_takes (void **state)
{
  static const char *const arguments[] = { "--port=2050", "--transfer=65536", NULL };
  Counted *counted = *state;

  if (!counted_open_export (counted))
    skip ();
  lossy_limit (counted->lossy, 65536 + 1024);
  served_start (&counted->volume, arguments);
  assert_best_size (&counted->volume, 65536);
  write_rows (&(const ServedGround){ counted->export, counted->volume });
}

/* As the next one that has its address may take less. */
static void
a_server_that_takes_less_than_it_said_gets_less (void **state)
{
  static const char *const arguments[] = { "--port=2050", NULL };
  Counted *counted = *state;

  if (!counted_open_export (counted))
    skip ();
  lossy_limit (counted->lossy, 128 * 1024 + 1024);
  served_start (&counted->volume, arguments);
  assert_best_size (&counted->volume, MIB);
  write_rows (&(const ServedGround){ counted->export, counted->volume });
}

static gpointer
write_mib (gpointer data)
{
  g_autofree char *bytes = g_malloc0 (MIB);

  return GINT_TO_POINTER (pwrite (*(const int *) data, bytes, MIB, 0) == MIB && fsync (*(const int *) data) == 0);
}

/* A write that is not answered in time is asked again over another connection, each time as several. */
static void
a_server_that_is_slow_gets_no_less (void **state)
{
  static const char *const arguments[] = { "--port=2050", "--timeo=0.5", NULL };
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;
  Counted *counted = *state;
  g_autofree char *path = NULL;
  KVOL_AUTO_FD fd = -1;
  GThread *writer;
  guint n;

  if (!counted_open (counted, arguments))
    skip ();
  path = counted_dup_here (counted, "large");
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  assert_true (nfs_server_freeze (counted->export.server, NULL));
  writer = g_thread_new ("writer", write_mib, &fd);
  while (lossy_count (counted->lossy, NFS3_WRITE) < 8 && g_get_monotonic_time () < end)
    g_usleep (10000);
  assert_true (nfs_server_thaw (counted->export.server, NULL));
  assert_true (GPOINTER_TO_INT (g_thread_join (writer)));
  n = lossy_count (counted->lossy, NFS3_WRITE);
  assert_true (n >= 8);
  assert_true (GPOINTER_TO_INT (write_mib (&fd)));
  /* The kernel's own parts, and halves of them; of the shortest ones there would be sixteen. */
  assert_true (lossy_count (counted->lossy, NFS3_WRITE) - n < 8);
}

/* Before anything large has been read, which takes pipes as well. */
static void
assert_handed_on (const ServedGround *ground)
{
  const guint n_pipes = large_count_pipes (ground->volume.pid);
  g_autofree char *path = g_build_filename (ground->volume.path, "first", NULL);
  g_autofree char *bytes = g_malloc0 (MIB);
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  assert_int_equal (write (fd, bytes, MIB), MIB);
  assert_int_equal (fsync (fd), 0);
  assert_true (large_count_pipes (ground->volume.pid) > n_pipes);
}

static void
assert_each_byte_arrives (ServedGround *ground, const char *const *arguments)
{
  if (!served_ground_open (ground, arguments))
    skip ();
  assert_handed_on (ground);
  write_rows (ground);
  served_stop (&ground->volume);
}

static void
each_byte_arrives_where_it_belongs (void **state)
{
  assert_each_byte_arrives (*state, NULL);
}

static void
each_byte_that_is_written_later_arrives_too (void **state)
{
  assert_each_byte_arrives (*state, (const char *const[]){ "--single-writer", NULL });
}

static void
each_byte_that_no_cache_holds_arrives (void **state)
{
  ServedGround *ground = *state;
  g_autofree char *path = NULL;
  g_autofree char *exported = NULL;
  char *bytes = NULL;
  int fd;

  if (!served_ground_open (ground, NULL))
    skip ();
  path = file_of (ground->volume.path);
  exported = file_of (ground->export.data);
  assert_int_equal (posix_memalign ((void **) &bytes, PAGE, 2 * MIB), 0);
  fd = open (path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
  for (guint32 seed = 0; seed < 4; seed++)
    {
      large_fill (bytes, 2 * MIB, seed);
      assert_int_equal (pwrite (fd, bytes, 2 * MIB, seed * PAGE), 2 * MIB);
      large_expect (exported, seed * PAGE, bytes, 2 * MIB);
    }
  close (fd);
  free (bytes);
  served_stop (&ground->volume);
}

/* ---- where pages cannot be handed on ---- */

static void
a_process_that_may_have_no_pipes_copies (void **state)
{
  large_do_without_pipes (*state, write_rows);
}

/* ---- where they go slowly ---- */

/* What does not go at once has to go from where it is kept. */
static void
what_the_connection_does_not_take_at_once_follows (void **state)
{
  large_do_slowly (*state, write_rows);
}

/* ---- where what was sent is not all ---- */

static gssize
write_aside (int fd, const char *bytes, gsize size)
{
  return aside_write (fd, bytes, size, 0);
}

static gssize
write_there (int fd, const char *bytes, gsize size)
{
  return write (fd, bytes, size);
}

/* The end is asked for first, so the data wait in the process. */
static void
assert_appended (Pods *pods, int access, gssize (*append) (int fd, const char *bytes, gsize size))
{
  g_autofree char *bytes = g_malloc0 (MIB);
  g_autofree char *exported = NULL;
  KVOL_AUTO_FD other = -1;
  KVOL_AUTO_FD fd = -1;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  large_fill (bytes, MIB, 1);
  exported = g_build_filename (pods->export.data, "log", NULL);
  fd = served_open_file (&pods->volumes[0], "log", access | O_CREAT | O_APPEND);
  other = served_open_file (&pods->volumes[1], "log", O_RDWR | O_CREAT);
  assert_int_equal (write (fd, "first", 5), 5);
  assert_int_equal (pwrite (other, "second", 6, 5), 6);
  assert_int_equal (fsync (other), 0);
  /* After a lock the end is not believed any more. */
  assert_int_equal (lock_range (fd, F_WRLCK, 0, 0), 0);
  assert_int_equal (append (fd, bytes, MIB), MIB);
  assert_int_equal (lock_range (fd, F_UNLCK, 0, 0), 0);
  large_expect (exported, 11, bytes, MIB);
}

static void
a_large_appendix_goes_to_the_end_that_there_is (void **state)
{
  assert_appended (*state, O_RDWR, write_there);
  assert_appended (*state, O_WRONLY, write_there);
}

static void
an_appendix_that_is_written_aside_goes_there_in_one_piece (void **state)
{
  assert_appended (*state, O_RDWR, write_aside);
  assert_appended (*state, O_WRONLY, write_aside);
}

/* The server's number of its life is the second that it began in. */
static void
await_another_second (void)
{
  const time_t now = time (NULL);

  while (time (NULL) == now)
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
}

/* The writer has other uses for his memory meanwhile. A second thread would have what was written before committed when
 * it connects. */
static void
assert_kept (ServedGround *ground, int access)
{
  const char *const one_thread[] = { "--threads=1", NULL };
  g_autofree char *bytes = g_malloc0 (2 * MIB);
  g_autofree char *path = NULL;
  g_autofree char *exported = NULL;
  int fd;

  if (!served_ground_open (ground, one_thread))
    skip ();
  path = file_of (ground->volume.path);
  exported = file_of (ground->export.data);
  large_fill (bytes, 2 * MIB, 1);
  fd = open (path, access | O_CREAT | O_CLOEXEC, 0644);
  assert_int_equal (pwrite (fd, bytes, 2 * MIB, 0), 2 * MIB);
  large_fill (bytes, 2 * MIB, 2);
  await_another_second ();
  assert_true (nfs_server_kill (ground->export.server, NULL));
  /* What was in its memory only is gone with it. */
  assert_int_equal (truncate (exported, 0), 0);
  assert_true (nfs_server_restart (ground->export.server, NULL));
  assert_int_equal (fsync (fd), 0);
  close (fd);
  large_fill (bytes, 2 * MIB, 1);
  large_expect (exported, 0, bytes, 2 * MIB);
  served_stop (&ground->volume);
}

static void
what_the_server_forgot_is_kept (void **state)
{
  assert_kept (*state, O_RDWR);
}

static void
what_the_server_forgot_is_kept_where_no_cache_has_it (void **state)
{
  assert_kept (*state, O_WRONLY);
}

/* ---- what they leave ---- */

static gsize
get_resident (pid_t pid)
{
  return proc_read_status (pid, "VmRSS", 10) * 1024;
}

/* It is kept for the next ones, but not for ever: also where something small is asked for all the time. */
static void
what_large_writes_took_is_given_back (void **state)
{
  const char *const one_thread[] = { "--threads=1", NULL };
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;
  g_autofree char *missing = NULL;
  g_autofree char *bytes = g_malloc0 (MIB);
  ServedGround *ground = *state;
  g_autofree char *path = NULL;
  gsize before;
  int fd;

  if (!served_ground_open (ground, one_thread))
    skip ();
  path = file_of (ground->volume.path);
  missing = g_build_filename (ground->volume.path, "missing", NULL);
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  assert_int_equal (write (fd, bytes, MIB), MIB);
  before = get_resident (ground->volume.pid);
  for (guint i = 0; i < 24; i++)
    assert_int_equal (write (fd, bytes, MIB), MIB);
  assert_true (get_resident (ground->volume.pid) > before + 16 * MIB);
  assert_int_equal (fsync (fd), 0);
  while (get_resident (ground->volume.pid) > before + 8 * MIB)
    {
      if (g_get_monotonic_time () > end)
        fail_msg ("%zu bytes are still taken", get_resident (ground->volume.pid) - before);
      assert_int_equal (access (missing, F_OK), -1);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
  close (fd);
  served_stop (&ground->volume);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, each_byte_arrives_where_it_belongs),
    TEST_ON (served_ground, each_byte_that_is_written_later_arrives_too),
    TEST_ON (served_ground, each_byte_that_no_cache_holds_arrives),
    TEST_ON (served_ground, a_process_that_may_have_no_pipes_copies),
    TEST_ON (served_ground, what_the_connection_does_not_take_at_once_follows),
    TEST_ON (counted, no_call_is_longer_than_the_server_takes),
    TEST_ON (counted, a_server_that_takes_less_than_it_said_gets_less),
    TEST_ON (counted, a_server_that_is_slow_gets_no_less),
    TEST_ON (pods, a_large_appendix_goes_to_the_end_that_there_is),
    TEST_ON (pods, an_appendix_that_is_written_aside_goes_there_in_one_piece),
    TEST_ON (served_ground, what_the_server_forgot_is_kept),
    TEST_ON (served_ground, what_the_server_forgot_is_kept_where_no_cache_has_it),
    TEST_ON (served_ground, what_large_writes_took_is_given_back),
  };

  return own_net_run ("large writes", tests);
}

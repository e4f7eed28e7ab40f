/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two pods write into one file under locks, as databases do. The file stays open all the time, so nothing but the
 * lock says when to look again. */
#include "nfs-fuse/two-pods.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/own-net.h"

#define COUNTERS 4
#define GRACE_SECONDS 2
/* Between two restarts. */
#define COUNT_USEC (300 * G_USEC_PER_SEC)

/* Of each process. */
static int
get_rounds (void)
{
  return served_is_long () ? 2000 : 100;
}

static int
count_up (int fd, int (*set) (int fd, gboolean on))
{
  for (int i = 0; i < get_rounds (); i++)
    {
      char text[32] = "";

      if (set (fd, TRUE) != 0 || pread (fd, text, sizeof text - 1, 0) < 0)
        return 1;
      g_snprintf (text, sizeof text, "%08d", atoi (text) + 1);
      if (pwrite (fd, text, 8, 0) != 8 || set (fd, FALSE) != 0)
        return 1;
    }
  return 0;
}

static int
set_range (int fd, gboolean on)
{
  return lock_by (fd, F_SETLKW, on ? F_WRLCK : F_UNLCK, 1 << 30, 1);
}

static int
set_whole (int fd, gboolean on)
{
  return lock_whole (fd, on ? LOCK_EX : LOCK_UN);
}

static int
count_by_range (int fd)
{
  return count_up (fd, set_range);
}

static int
count_by_whole (int fd)
{
  return count_up (fd, set_whole);
}

static void
counters_of_two_pods_lose_nothing (void **state)
{
  static const Deed deeds[] = { count_by_range, count_by_whole };
  static const char *const names[] = { "by-range", "by-whole" };
  Pods *pods = *state;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  for (gsize way = 0; way < G_N_ELEMENTS (deeds); way++)
    {
      g_autofree char *path = g_build_filename (pods->export.data, names[way], NULL);
      g_autofree char *text = NULL;
      pid_t counters[COUNTERS];

      for (int i = 0; i < COUNTERS; i++)
        counters[i] = process_start (&pods->volumes[i % 2], names[way], deeds[way]);
      for (int i = 0; i < COUNTERS; i++)
        assert_int_equal (process_await (counters[i]), 0);
      assert_true (g_file_get_contents (path, &text, NULL, NULL));
      assert_int_equal (atoi (text), COUNTERS * get_rounds ());
    }
}

static int
read_counter (const char *path)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? atoi (text) : 0;
}

static void
await_counter (const char *path, int value)
{
  const gint64 until = g_get_monotonic_time () + COUNT_USEC;

  while (read_counter (path) < value)
    {
      if (g_get_monotonic_time () > until)
        fail_msg ("the counter has come to %d of %d", read_counter (path), value);
      g_usleep (1000);
    }
}

/* Whoever had the lock has it again, and nobody else had it meanwhile. */
static void
counters_lose_nothing_when_their_server_restarts (void **state)
{
  const int restarts = served_is_long () ? 5 : 1;
  Pods *pods = *state;
  g_autofree char *path = NULL;
  pid_t counters[COUNTERS];

  if (!pods_open (pods, NFS_LOCKS_GIVEN, GRACE_SECONDS))
    skip ();
  path = g_build_filename (pods->export.data, "by-range", NULL);
  for (int i = 0; i < COUNTERS; i++)
    counters[i] = process_start (&pods->volumes[i % 2], "by-range", count_by_range);
  for (int i = 1; i <= restarts; i++)
    {
      await_counter (path, COUNTERS * get_rounds () * i / (restarts + 1));
      assert_true (nfs_server_kill (pods->export.server, NULL));
      assert_true (nfs_server_restart (pods->export.server, NULL));
    }
  for (int i = 0; i < COUNTERS; i++)
    assert_int_equal (process_await (counters[i]), 0);
  assert_int_equal (read_counter (path), COUNTERS * get_rounds ());
}

/* Each line goes behind all others, though the file's end was known from before the lock only. */
static int
append_lines (int fd)
{
  if (fcntl (fd, F_SETFL, O_APPEND) < 0)
    return 1;
  for (int i = 0; i < get_rounds (); i++)
    if (set_range (fd, TRUE) != 0 || write (fd, "a line\n", 7) != 7 || set_range (fd, FALSE) != 0)
      return 1;
  return 0;
}

static void
lines_that_two_pods_append_are_all_there (void **state)
{
  Pods *pods = *state;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  pid_t writers[2];

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  path = g_build_filename (pods->export.data, "lines", NULL);
  for (int i = 0; i < 2; i++)
    writers[i] = process_start (&pods->volumes[i], "lines", append_lines);
  for (int i = 0; i < 2; i++)
    assert_int_equal (process_await (writers[i]), 0);
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  assert_int_equal (g_strv_length (lines), 2 * get_rounds () + 1);
  for (int i = 0; i < 2 * get_rounds (); i++)
    assert_string_equal (lines[i], "a line");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (pods, counters_of_two_pods_lose_nothing),
    TEST_ON (pods, counters_lose_nothing_when_their_server_restarts),
    TEST_ON (pods, lines_that_two_pods_append_are_all_there),
  };

  return own_net_run ("data under locks", tests);
}

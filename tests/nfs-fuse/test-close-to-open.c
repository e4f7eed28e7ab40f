/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one client has written and closed, another one that opens the file afterwards has before it: at once, by
 * whichever way it reads, and also while the kernel still believes what it was told of the file before. */
#include "nfs-fuse/two-pods.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/own-net.h"
#include "support/scratch.h"

#define ROOM 65536

/* The kernel asks anew what it was told so long ago; twice as much, as the clocks' steps are coarse. */
#define ATTRIBUTES_USEC (2 * G_USEC_PER_SEC)

/* ---- the ways to read: each is given the file just opened, and answers how much there was ---- */

typedef gsize (*Reader) (int fd, char *buffer);

static gsize
by_read (int fd, char *buffer)
{
  ssize_t n = read (fd, buffer, ROOM);

  assert_true (n >= 0);
  return (gsize) n;
}

/* Nothing asks for the size before. */
static gsize
by_sendfile (int fd, char *buffer)
{
  KVOL_AUTO_FD copy = memfd_create ("copy", MFD_CLOEXEC);
  gsize length = 0;
  ssize_t n;

  while ((n = sendfile (copy, fd, NULL, ROOM)) > 0)
    length += (gsize) n;
  assert_int_equal (n, 0);
  assert_int_equal (pread (copy, buffer, ROOM, 0), length);
  return length;
}

/* The size is asked for, as who maps a file has to. */
static gsize
by_map (int fd, char *buffer)
{
  struct stat status;
  gsize length;
  char *map;

  assert_int_equal (fstat (fd, &status), 0);
  length = (gsize) status.st_size;
  map = mmap (NULL, MAX (length, 1), PROT_READ, MAP_SHARED, fd, 0);
  assert_ptr_not_equal (map, MAP_FAILED);
  memcpy (buffer, map, length);
  munmap (map, MAX (length, 1));
  return length;
}

static const Reader readers[] = { by_read, by_sendfile, by_map };

/* ---- the two of them ---- */

static char *
path_on (const Pods *pods, int pod, const char *name)
{
  return g_build_filename (pods->volumes[pod].path, name, NULL);
}

static void
write_closed (const Pods *pods, int pod, const char *name, int flags, const char *text)
{
  const int fd = served_open_file (&pods->volumes[pod], name, O_WRONLY | flags);

  assert_int_equal (write (fd, text, strlen (text)), strlen (text));
  assert_int_equal (close (fd), 0);
}

static void
assert_read_by (const char *path, Reader reader, const char *wanted)
{
  g_autofree char *buffer = g_malloc0 (ROOM + 1);
  KVOL_AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    fail_msg ("%s: %s", path, g_strerror (errno));
  assert_int_equal (reader (fd, buffer), strlen (wanted));
  assert_string_equal (buffer, wanted);
}

/* Answers the path of a file for the one who reads, when both are there. */
static char *
begin (Pods *pods, const char *name)
{
  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  return path_on (pods, 1, name);
}

/* What the other one does to the file that was read here. */
typedef struct
{
  const char *before;
  int flags;
  const char *text;
  const char *after;
} Change;

static const Change changes[] = {
  { "one\n", O_APPEND, "two\n", "one\ntwo\n" },
  { "a long line\n", O_TRUNC, "short\n", "short\n" },
  { "a long line\n", O_TRUNC, "", "" },
  { "first\n", 0, "other\n", "other\n" },
};

/* Each reader has a file of its own, which nobody else has made the kernel look at. */
static void
assert_change_is_seen (const Pods *pods, const Change *change, Reader reader, const char *name)
{
  g_autofree char *path = path_on (pods, 1, name);

  write_closed (pods, 0, name, O_CREAT, change->before);
  assert_read_by (path, reader, change->before);
  write_closed (pods, 0, name, change->flags, change->text);
  assert_read_by (path, reader, change->after);
}

static void
who_opens_a_file_sees_what_another_client_has_closed (void **state)
{
  Pods *pods = *state;

  if (!pods_open (pods, NFS_LOCKS_GIVEN, 0))
    skip ();
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (readers); k++)
      {
        g_autofree char *name = g_strdup_printf ("changed-%zu-%zu", i, k);

        assert_change_is_seen (pods, &changes[i], readers[k], name);
      }
}

static void
who_has_written_a_file_before_sees_what_another_client_has_closed (void **state)
{
  Pods *pods = *state;
  g_autofree char *path = NULL;

  path = begin (pods, "in-turns");
  write_closed (pods, 1, "in-turns", O_CREAT, "1");
  write_closed (pods, 0, "in-turns", O_APPEND, "2");
  assert_read_by (path, by_sendfile, "12");
  write_closed (pods, 1, "in-turns", O_APPEND, "3");
  write_closed (pods, 0, "in-turns", O_APPEND, "4");
  assert_read_by (path, by_sendfile, "1234");
  write_closed (pods, 1, "in-turns", O_TRUNC, "5");
  write_closed (pods, 0, "in-turns", O_APPEND, "6");
  assert_read_by (path, by_sendfile, "56");
}

/* A way without names leads to no lookup: there the kernel learns by asking only, and nothing fails. */
static void
a_file_that_is_opened_by_its_descriptor_is_opened_whoever_has_changed_it (void **state)
{
  Pods *pods = *state;
  g_autofree char *path = NULL;
  g_autofree char *link = NULL;
  KVOL_AUTO_FD place = -1;

  path = begin (pods, "by-descriptor");
  write_closed (pods, 0, "by-descriptor", O_CREAT, "one");
  place = open (path, O_PATH | O_CLOEXEC);
  link = g_strdup_printf ("/proc/self/fd/%d", place);
  write_closed (pods, 0, "by-descriptor", O_APPEND, "two");
  assert_read_by (link, by_read, "onetwo");
  write_closed (pods, 0, "by-descriptor", O_APPEND, "three");
  assert_read_by (link, by_map, "onetwothree");
}

static void
assert_appended (const Pods *pods, const char *to, const char *name, const char *wanted)
{
  g_autofree char *path = g_build_filename (pods->export.data, name, NULL);
  int fd = open (to, O_WRONLY | O_APPEND | O_CLOEXEC);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, "mine", 4), 4);
  assert_int_equal (close (fd), 0);
  assert_file_has (path, wanted);
}

static void
who_appends_to_a_file_writes_behind_what_another_client_has_closed (void **state)
{
  Pods *pods = *state;
  g_autofree char *path = NULL;
  g_autofree char *link = NULL;
  KVOL_AUTO_FD place = -1;

  path = begin (pods, "log");
  write_closed (pods, 0, "log", O_CREAT, "first,");
  assert_read_by (path, by_read, "first,");
  write_closed (pods, 0, "log", O_APPEND, "theirs,");
  assert_appended (pods, path, "log", "first,theirs,mine");
  place = open (path, O_PATH | O_CLOEXEC);
  link = g_strdup_printf ("/proc/self/fd/%d", place);
  write_closed (pods, 0, "log", O_APPEND, ",theirs,");
  assert_appended (pods, link, "log", "first,theirs,mine,theirs,mine");
}

/* The kernel takes it for the end where a read ends. */
static void
write_anew_beside_reader (const Pods *pods, const char *name)
{
  KVOL_AUTO_FD fd = -1;
  char byte;

  write_closed (pods, 0, name, O_CREAT, "first,");
  fd = served_open_file (&pods->volumes[1], name, O_RDONLY);
  write_closed (pods, 0, name, O_TRUNC, "");
  assert_int_equal (read (fd, &byte, 1), 0);
  write_closed (pods, 0, name, 0, "other,");
}

static void
who_reads_while_another_client_writes_it_anew_sees_what_that_has_closed (void **state)
{
  Pods *pods = *state;
  g_autofree char *file = NULL;
  g_autofree char *log = NULL;

  file = begin (pods, "anew");
  log = path_on (pods, 1, "anew-log");
  write_anew_beside_reader (pods, "anew");
  assert_read_by (file, by_sendfile, "other,");
  write_anew_beside_reader (pods, "anew-log");
  assert_appended (pods, log, "anew-log", "other,mine");
}

/* As documented: who only asks may be told what was so a second ago, and no longer ago. */
static void
who_asks_for_a_size_is_told_one_of_the_last_second (void **state)
{
  Pods *pods = *state;
  g_autofree char *path = NULL;
  struct stat status;

  path = begin (pods, "asked");
  write_closed (pods, 0, "asked", O_CREAT, "1");
  assert_int_equal (stat (path, &status), 0);
  write_closed (pods, 0, "asked", O_APPEND, "2");
  g_usleep (ATTRIBUTES_USEC);
  assert_int_equal (stat (path, &status), 0);
  assert_int_equal (status.st_size, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (pods, who_opens_a_file_sees_what_another_client_has_closed),
    TEST_ON (pods, who_has_written_a_file_before_sees_what_another_client_has_closed),
    TEST_ON (pods, a_file_that_is_opened_by_its_descriptor_is_opened_whoever_has_changed_it),
    TEST_ON (pods, who_appends_to_a_file_writes_behind_what_another_client_has_closed),
    TEST_ON (pods, who_reads_while_another_client_writes_it_anew_sees_what_that_has_closed),
    TEST_ON (pods, who_asks_for_a_size_is_told_one_of_the_last_second),
  };

  return own_net_run ("close to open", tests);
}

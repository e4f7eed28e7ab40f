/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written to a file that nobody has open for reading leaves nothing in the kernel's cache; and whoever reads it
 * beside the writer, by read(2) or by a map, sees each write as soon as it is done. */
#include "nfs-fuse/counted.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/own-net.h"
#include "support/scratch.h"

#define PAGE 4096
#define PAGES 64
#define TIMES 400
#define CACHESTAT 451 /* of every architecture; since Linux 6.5 */

static void
write_page (int fd, guint page, guint32 mark)
{
  guint32 marks[PAGE / sizeof mark];

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    marks[i] = mark;
  assert_int_equal (pwrite (fd, marks, PAGE, (off_t) page * PAGE), PAGE);
}

/* How many pages of the file the kernel has. */
static guint64
count_cached (int fd)
{
  struct
  {
    guint64 offset, size;
  } range = { 0, 0 };
  struct
  {
    guint64 cached, dirty, written, evicted, evicted_lately;
  } stat = { 0 };

  if (syscall (CACHESTAT, fd, &range, &stat, 0) != 0)
    skip_because ("this kernel does not tell what it has cached");
  return stat.cached;
}

/* Before, it does not let go of all that it has to. */
static gboolean
kernel_is_new (void)
{
  struct utsname name;
  int major, minor;

  assert_int_equal (uname (&name), 0);
  assert_int_equal (sscanf (name.release, "%d.%d", &major, &minor), 2);
  return major > 6 || (major == 6 && minor >= 18);
}

static void
what_is_written_only_is_not_cached (void **state)
{
  ServedGround *ground = *state;
  KVOL_AUTO_FD fd = -1;

  if (!kernel_is_new ())
    skip_because ("before Linux 6.18 all is written through the cache");
  if (!served_ground_open (ground, NULL))
    skip ();
  fd = served_open_file (&ground->volume, "file", O_WRONLY | O_CREAT);
  for (guint i = 0; i < PAGES; i++)
    write_page (fd, i, i);
  assert_int_equal (count_cached (fd), 0);
}

/* As cp(1) and web servers do. The pages are no process's. */
static void
what_is_spliced_only_arrives (void **state)
{
  ServedGround *ground = *state;
  g_autofree char *exported = NULL;
  g_autofree char *found = NULL;
  char bytes[8 * PAGE + 5];
  KVOL_AUTO_FD fd = -1;
  gsize length;
  int ends[2];

  if (!served_ground_open (ground, NULL))
    skip ();
  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = (char) (i * 31 % 251);
  fd = served_open_file (&ground->volume, "file", O_WRONLY | O_CREAT);
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  assert_int_equal (write (ends[1], bytes, sizeof bytes), sizeof bytes);
  assert_int_equal (close (ends[1]), 0);
  while (splice (ends[0], NULL, fd, NULL, sizeof bytes, 0) > 0)
    continue;
  assert_int_equal (close (ends[0]), 0);
  exported = g_build_filename (ground->export.data, "file", NULL);
  assert_true (g_file_get_contents (exported, &found, &length, NULL));
  assert_int_equal (length, sizeof bytes);
  assert_memory_equal (found, bytes, length);
}

static void
what_is_written_beside_a_reader_is_cached (void **state)
{
  ServedGround *ground = *state;
  KVOL_AUTO_FD reader = -1;
  KVOL_AUTO_FD fd = -1;

  if (!served_ground_open (ground, NULL))
    skip ();
  reader = served_open_file (&ground->volume, "file", O_RDWR | O_CREAT);
  fd = served_open_file (&ground->volume, "file", O_WRONLY);
  write_page (fd, 0, 1);
  assert_true (count_cached (fd) > 0);
}

/* The kernel puts it down later, from its cache. */
static void
what_one_writer_alone_writes_is_cached (void **state)
{
  static const char *const alone[] = { "--single-writer", NULL };
  ServedGround *ground = *state;
  KVOL_AUTO_FD fd = -1;

  if (!served_ground_open (ground, alone))
    skip ();
  fd = served_open_file (&ground->volume, "file", O_WRONLY | O_CREAT);
  write_page (fd, 0, 1);
  assert_true (count_cached (fd) > 0);
}

/* How often a write asks the server to put it down, before it is done. */
static guint
count_commits (const Counted *counted, int flags, int more)
{
  g_autofree char *bytes = NULL;
  KVOL_AUTO_FD fd = served_open_file (&counted->volume, "file", flags | O_WRONLY | O_CREAT);
  const guint before = lossy_count (counted->lossy, NFS3_COMMIT);
  struct iovec piece = { .iov_len = PAGE };

  assert_int_equal (posix_memalign (&piece.iov_base, PAGE, PAGE), 0);
  bytes = memset (piece.iov_base, 'x', PAGE);
  assert_int_equal (pwritev2 (fd, &piece, 1, 0, more), PAGE);
  return lossy_count (counted->lossy, NFS3_COMMIT) - before;
}

/* Whether the kernel asks for that or leaves it to the server. */
static void
what_is_to_last_does_when_it_is_written (void **state)
{
  Counted *counted = *state;

  if (!counted_open (counted, counted_shared))
    skip ();
  assert_int_equal (count_commits (counted, 0, 0), 0);
  assert_int_equal (count_commits (counted, O_SYNC, 0), 1);
  assert_int_equal (count_commits (counted, O_DSYNC, 0), 1);
  assert_int_equal (count_commits (counted, O_DIRECT | O_DSYNC, 0), 1);
  assert_int_equal (count_commits (counted, O_APPEND | O_DIRECT | O_DSYNC, 0), 1);
  assert_int_equal (count_commits (counted, 0, RWF_DSYNC), 1);
}

/* ---- readers beside the writer ---- */

/* Looks all the time, so that the kernel has each page again as soon as it has let go of it. */
typedef struct
{
  const volatile guint32 *map;
  gint over; /* atomic */
  guint64 seen;
} Looker;

typedef struct
{
  ServedGround ground;
  void *map; /* NULL: there is none yet */
  Looker lookers[2];
  GThread *threads[2];
} Watched;

static void
watched_clear (Watched *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->threads); i++)
    {
      g_atomic_int_set (&self->lookers[i].over, 1);
      g_clear_pointer (&self->threads[i], g_thread_join);
    }
  if (self->map != NULL)
    munmap (self->map, PAGES * PAGE);
  served_ground_clear (&self->ground);
}
TEST_STATE (Watched, watched)

static gpointer
look (gpointer data)
{
  Looker *self = data;

  while (!g_atomic_int_get (&self->over))
    for (guint i = 0; i < PAGES; i++)
      self->seen += self->map[i * PAGE / sizeof *self->map];
  return NULL;
}

static void
assert_read (int fd, guint page, guint32 wanted)
{
  guint32 mark = 0;

  assert_int_equal (pread (fd, &mark, sizeof mark, (off_t) page * PAGE), sizeof mark);
  assert_int_equal (mark, wanted);
}

static void
who_reads_beside_the_writer_sees_each_write (void **state)
{
  Watched *self = *state;
  KVOL_AUTO_FD writer = -1;
  KVOL_AUTO_FD reader = -1;
  void *map;

  if (!served_ground_open (&self->ground, NULL))
    skip ();
  writer = served_open_file (&self->ground.volume, "file", O_WRONLY | O_CREAT);
  for (guint i = 0; i < PAGES; i++)
    write_page (writer, i, 0);
  reader = served_open_file (&self->ground.volume, "file", O_RDONLY);
  map = mmap (NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, reader, 0);
  assert_ptr_not_equal (map, MAP_FAILED);
  self->map = map;
  for (gsize i = 0; i < G_N_ELEMENTS (self->lookers); i++)
    {
      self->lookers[i].map = map;
      self->threads[i] = g_thread_new ("look", look, &self->lookers[i]);
    }
  for (guint i = 1; i <= TIMES; i++)
    {
      write_page (writer, i % PAGES, i);
      assert_int_equal (((const volatile guint32 *) map)[i % PAGES * PAGE / sizeof (guint32)], i);
      if (i % 2 == 0)
        assert_read (reader, i % PAGES, i);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, what_is_written_only_is_not_cached),
    TEST_ON (served_ground, what_is_spliced_only_arrives),
    TEST_ON (served_ground, what_is_written_beside_a_reader_is_cached),
    TEST_ON (served_ground, what_one_writer_alone_writes_is_cached),
    TEST_ON (counted, what_is_to_last_does_when_it_is_written),
    TEST_ON (watched, who_reads_beside_the_writer_sees_each_write),
  };

  return own_net_run ("writes past the cache", tests);
}

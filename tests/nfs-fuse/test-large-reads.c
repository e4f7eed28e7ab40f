/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads so large that their pages are handed on and not copied: each byte comes from where it belongs, of any length
 * and at any place, whoever reads it and how, and also where they can be copied only, where they come a little at a
 * time, where the server goes in the midst of it, and where the reader does. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "nfs-fuse/large.h"
#include "page-pipe.h"
#include "support/own-net.h"

#define PAGE 4096u
#define MIB (1024u * 1024)
#define LONG (64 * MIB)
#define BLOCK (2 * MIB)
#define N_KILLS 3
#define DEADLINE (100 * G_TIME_SPAN_SECOND)

static void
fill_file (const char *path, guint64 offset, const char *bytes, gsize size)
{
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  assert_true (fd >= 0);
  assert_int_equal (pwrite (fd, bytes, size, (off_t) offset), size);
}

/* A file that somebody else has made; its name in the volume. */
static char *
make_file (const ServedGround *self, const char *name, guint64 offset, const char *bytes, gsize size)
{
  g_autofree char *exported = g_build_filename (self->export.data, name, NULL);

  fill_file (exported, offset, bytes, size);
  return g_build_filename (self->volume.path, name, NULL);
}

/* Also when more is asked for than there is. */
static void
expect_end (const char *path, const LargeRow *row, const char *bytes)
{
  g_autofree char *found = g_malloc (row->size + PAGE);
  KVOL_AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);

  assert_true (fd >= 0);
  assert_int_equal (pread (fd, found, row->size + PAGE, (off_t) row->offset), row->size);
  assert_memory_equal (found, bytes, row->size);
}

static void
read_rows (const ServedGround *self)
{
  g_autofree char *bytes = g_malloc0 (LARGE_MOST);

  for (guint i = 0; i < n_large_rows; i++)
    {
      g_autofree char *name = g_strdup_printf ("file-%u", i);
      g_autofree char *path = NULL;

      print_message ("# %s\n", large_rows[i].label);
      large_fill (bytes, large_rows[i].size, i);
      path = make_file (self, name, large_rows[i].offset, bytes, large_rows[i].size);
      expect_end (path, &large_rows[i], bytes);
    }
}

static void
each_byte_comes_from_where_it_belongs (void **state)
{
  ServedGround *self = *state;
  guint n_pipes;

  if (!served_ground_open (self, NULL))
    skip ();
  n_pipes = large_count_pipes (self->volume.pid);
  read_rows (self);
  assert_true (large_count_pipes (self->volume.pid) > n_pipes);
  served_stop (&self->volume);
}

/* The reader's own pages are filled. */
static void
each_byte_that_no_cache_holds_comes (void **state)
{
  g_autofree char *bytes = g_malloc (4 * BLOCK);
  g_autofree char *path = NULL;
  ServedGround *self = *state;
  char *found = NULL;
  int fd;

  if (!served_ground_open (self, NULL))
    skip ();
  large_fill (bytes, 4 * BLOCK, 1);
  path = make_file (self, "file", 0, bytes, 4 * BLOCK - 5);
  assert_int_equal (posix_memalign ((void **) &found, PAGE, BLOCK), 0);
  fd = open (path, O_RDONLY | O_DIRECT | O_CLOEXEC);
  for (gsize at = 0; at < 4 * BLOCK; at += BLOCK / 2)
    {
      const gsize size = MIN (4 * BLOCK - 5 - at, BLOCK);

      assert_int_equal (pread (fd, found, BLOCK, (off_t) at), size);
      assert_memory_equal (found, bytes + at, size);
    }
  close (fd);
  free (found);
  served_stop (&self->volume);
}

static void
each_byte_that_is_mapped_comes (void **state)
{
  g_autofree char *bytes = g_malloc (LARGE_MOST);
  g_autofree char *path = NULL;
  ServedGround *self = *state;
  const char *found;
  int fd;

  if (!served_ground_open (self, NULL))
    skip ();
  large_fill (bytes, LARGE_MOST, 1);
  path = make_file (self, "file", 0, bytes, LARGE_MOST);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  found = mmap (NULL, LARGE_MOST, PROT_READ, MAP_SHARED, fd, 0);
  assert_ptr_not_equal (found, MAP_FAILED);
  assert_memory_equal (found, bytes, LARGE_MOST);
  munmap ((void *) (gpointer) found, LARGE_MOST);
  close (fd);
  served_stop (&self->volume);
}

/* ---- where pages cannot be handed on, or slowly ---- */

static void
a_process_that_may_have_no_pipes_copies (void **state)
{
  large_do_without_pipes (*state, read_rows);
}

static void
what_the_connection_does_not_give_at_once_follows (void **state)
{
  large_do_slowly (*state, read_rows);
}

/* ---- where an answer is not all ---- */

/* A server may answer less than it is asked for, and than there is. */
static void
answer_part (GByteArray *answer, gpointer data)
{
  const guint32 size = GPOINTER_TO_UINT (data);

  if (answer->len > FORGERY_READ_AT + (size + 3) / 4 * 4)
    forgery_shorten (answer, size);
}

static void
what_comes_in_parts_is_put_together (void **state)
{
  const guint32 sizes[] = { 70001, PAGE_PIPE_WORTH, 300000, 5000 };
  g_autofree char *bytes = g_malloc0 (LARGE_MOST);
  Counted *self = *state;

  if (!counted_open (self, counted_shared))
    skip ();
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = g_strdup_printf ("file-%u", i);
      g_autofree char *there = counted_dup_there (self, name);
      g_autofree char *here = counted_dup_here (self, name);
      const guint before = lossy_count (self->lossy, NFS3_READ);

      large_fill (bytes, LARGE_MOST, i);
      fill_file (there, 0, bytes, LARGE_MOST);
      lossy_forge (self->lossy, NFS3_READ, answer_part, GUINT_TO_POINTER (sizes[i]));
      large_expect (here, 0, bytes, LARGE_MOST);
      assert_true (lossy_count (self->lossy, NFS3_READ) >= before + LARGE_MOST / sizes[i]);
    }
  served_stop (&self->volume);
}

/* ---- where somebody goes in the midst of it ---- */

typedef struct
{
  ServedGround ground;
  char *path;
  char *bytes;
  GThread *thread;
  gint blocks; /* atomic: how many it has read */
  gint ends;   /* atomic */
  gint wrong;  /* atomic: it was told something else than there is */
} Reader;

static void
reader_clear (Reader *self)
{
  g_atomic_int_set (&self->ends, TRUE);
  /* It may be waiting for an answer. */
  served_ground_clear (&self->ground);
  g_clear_pointer (&self->thread, g_thread_join);
  g_free (self->path);
  g_free (self->bytes);
}
TEST_STATE (Reader, reader)

/* Again and again. */
static gpointer
read_blocks (gpointer data)
{
  Reader *self = data;
  g_autofree char *found = g_malloc (BLOCK + PAGE);
  char *aligned = found + (PAGE - (gsize) found % PAGE);
  KVOL_AUTO_FD fd = open (self->path, O_RDONLY | O_DIRECT | O_CLOEXEC);

  for (guint64 at = 0; !g_atomic_int_get (&self->wrong) && !g_atomic_int_get (&self->ends); at = (at + BLOCK) % LONG)
    {
      if (pread (fd, aligned, BLOCK, (off_t) at) != BLOCK || memcmp (aligned, self->bytes + at, BLOCK) != 0)
        g_atomic_int_set (&self->wrong, TRUE);
      g_atomic_int_inc (&self->blocks);
    }
  return NULL;
}

static void
await_blocks (Reader *self, gint more)
{
  const gint goal = g_atomic_int_get (&self->blocks) + more;
  const gint64 end = g_get_monotonic_time () + DEADLINE;

  while (g_atomic_int_get (&self->blocks) < goal)
    {
      assert_true (g_get_monotonic_time () < end);
      assert_false (g_atomic_int_get (&self->wrong));
      g_usleep (1000);
    }
}

static void
a_server_that_goes_is_asked_again (void **state)
{
  static const char *const one_thread[] = { "--threads=1", NULL };
  Reader *self = *state;
  guint n_pipes;

  if (!served_ground_open (&self->ground, one_thread))
    skip ();
  n_pipes = large_count_pipes (self->ground.volume.pid);
  self->bytes = g_malloc (LONG);
  large_fill (self->bytes, LONG, 1);
  self->path = make_file (&self->ground, "file", 0, self->bytes, LONG);
  self->thread = g_thread_new ("reader", read_blocks, self);
  for (int i = 0; i < N_KILLS; i++)
    {
      await_blocks (self, 1 + i);
      assert_true (nfs_server_kill (self->ground.export.server, NULL));
      assert_true (nfs_server_restart (self->ground.export.server, NULL));
    }
  await_blocks (self, 2);
  g_atomic_int_set (&self->ends, TRUE);
  g_clear_pointer (&self->thread, g_thread_join);
  assert_false (g_atomic_int_get (&self->wrong));
  /* One is enough for all its connections. */
  assert_int_equal (large_count_pipes (self->ground.volume.pid), n_pipes + 2);
  served_stop (&self->ground.volume);
}

static pid_t
start_reader (int fd)
{
  pid_t child = fork ();

  if (child == 0)
    {
      char *found = aligned_alloc (PAGE, BLOCK);

      _exit (pread (fd, found, BLOCK, 0) == BLOCK ? 0 : 1);
    }
  return child;
}

/* It is in the kernel, and stays there. */
static void
await_pread (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/syscall", (int) pid);
  const gint64 end = g_get_monotonic_time () + DEADLINE;
  long call = -1;

  while (call != SYS_pread64)
    {
      g_autofree char *text = NULL;

      assert_true (g_get_monotonic_time () < end);
      g_usleep (1000);
      if (!g_file_get_contents (path, &text, NULL, NULL) || sscanf (text, "%ld", &call) != 1)
        call = -1;
    }
}

/* Its answers come when it has gone, and the kernel takes them for its cache. */
static void
a_reader_that_goes_takes_nothing_with_it (void **state)
{
  g_autofree char *bytes = g_malloc (BLOCK);
  ServedGround *self = *state;

  if (!served_ground_open (self, NULL))
    skip ();
  for (guint i = 0; i < N_KILLS; i++)
    {
      g_autofree char *name = g_strdup_printf ("file-%u", i);
      g_autofree char *path = NULL;
      pid_t child;
      int fd;

      large_fill (bytes, BLOCK, i);
      path = make_file (self, name, 0, bytes, BLOCK);
      fd = open (path, O_RDONLY | O_CLOEXEC);
      assert_true (nfs_server_freeze (self->export.server, NULL));
      child = start_reader (fd);
      await_pread (child);
      assert_int_equal (kill (child, SIGKILL), 0);
      assert_int_equal (waitpid (child, NULL, 0), child);
      assert_true (nfs_server_thaw (self->export.server, NULL));
      close (fd);
      large_expect (path, 0, bytes, BLOCK);
    }
  served_stop (&self->volume);
}

/* Who asked has been told that there is no answer, when it comes. */
static void
what_comes_too_late_is_nobody_elses (void **state)
{
  const char *const soft[] = { "--threads=1", "--soft=1", NULL };
  g_autofree char *bytes = g_malloc (BLOCK);
  g_autofree char *path = NULL;
  g_autofree char *other = NULL;
  ServedGround *self = *state;
  KVOL_AUTO_FD fd = -1;

  if (!served_ground_open (self, soft))
    skip ();
  large_fill (bytes, BLOCK, 1);
  path = make_file (self, "file", 0, bytes, BLOCK);
  large_fill (bytes, BLOCK, 2);
  other = make_file (self, "other", 0, bytes, BLOCK);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  assert_true (fd >= 0);
  assert_true (nfs_server_freeze (self->export.server, NULL));
  assert_int_equal (readahead (fd, 0, BLOCK), 0);
  assert_int_equal (pread (fd, bytes, 1, 0), -1);
  assert_true (nfs_server_thaw (self->export.server, NULL));
  large_fill (bytes, BLOCK, 2);
  large_expect (other, 0, bytes, BLOCK);
  kvol_clear_fd (&fd);
  served_stop (&self->volume);
}

/* Says each time that it has got a block, until it gets none. */
static pid_t
start_endless_reader (const char *path, int *ret_said)
{
  int said[2];
  pid_t child;

  assert_int_equal (pipe2 (said, O_CLOEXEC), 0);
  child = fork ();
  if (child == 0)
    {
      char *found = aligned_alloc (PAGE, BLOCK);
      int fd = open (path, O_RDONLY | O_DIRECT | O_CLOEXEC);

      while (pread (fd, found, BLOCK, 0) == BLOCK && write (said[1], "", 1) == 1)
        continue;
      _exit (errno == ETIMEDOUT ? 0 : 1);
    }
  close (said[1]);
  *ret_said = said[0];
  return child;
}

/* The server stands still, mostly in the midst of an answer, for longer than the reader waits. */
static void
lose_patience (const ServedGround *self, const char *path, int blocks)
{
  int said;
  int status;
  pid_t child = start_endless_reader (path, &said);

  for (int i = 0; i < blocks; i++)
    {
      char byte;

      assert_int_equal (read (said, &byte, 1), 1);
    }
  assert_true (nfs_server_freeze (self->export.server, NULL));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
  close (said);
  assert_true (nfs_server_thaw (self->export.server, NULL));
}

static void
half_an_answer_is_not_the_next_readers (void **state)
{
  static const char *const impatient[] = { "--threads=1", "--soft=2", NULL };
  g_autofree char *bytes = g_malloc (BLOCK);
  ServedGround *self = *state;
  LargeBuffers before;

  large_tighten (&before);
  if (!served_ground_open (self, impatient))
    skip ();
  for (int i = 0; i < N_KILLS; i++)
    {
      g_autofree char *name = g_strdup_printf ("next-%d", i);
      g_autofree char *path = NULL;
      g_autofree char *next = NULL;

      large_fill (bytes, BLOCK, 1);
      path = make_file (self, "file", 0, bytes, BLOCK);
      large_fill (bytes, BLOCK, (guint32) (2 + i));
      next = make_file (self, name, 0, bytes, BLOCK);
      lose_patience (self, path, 1 + i);
      large_expect (next, 0, bytes, BLOCK);
    }
  served_stop (&self->volume);
  large_loosen (&before);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, each_byte_comes_from_where_it_belongs),
    TEST_ON (served_ground, each_byte_that_no_cache_holds_comes),
    TEST_ON (served_ground, each_byte_that_is_mapped_comes),
    TEST_ON (served_ground, a_process_that_may_have_no_pipes_copies),
    TEST_ON (served_ground, what_the_connection_does_not_give_at_once_follows),
    TEST_ON (counted, what_comes_in_parts_is_put_together),
    TEST_ON (reader, a_server_that_goes_is_asked_again),
    TEST_ON (served_ground, a_reader_that_goes_takes_nothing_with_it),
    TEST_ON (served_ground, what_comes_too_late_is_nobody_elses),
    TEST_ON (served_ground, half_an_answer_is_not_the_next_readers),
  };

  return own_net_run ("large reads", tests);
}

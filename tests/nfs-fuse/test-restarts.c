/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that restarts is not seen to by all threads at once: each has a connection of its own, or has not had one
 * yet. Whatever thread reads, what the server lost is not read before it is there again. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/odd-ground.h"
#include "support/own-net.h"
#include "support/proc.h"

#define N_READERS 24
#define N_SMALL 200000
#define N_HANG_UPS 8
#define BEFORE "earlier"
#define TEXT "written"
#define LENGTH 7
/* After so long it is taken that a thread has got all of them. */
#define BURST_MSEC 2000
#define N_BURSTS 60

/* More than have anything to do before there is much to do. */
static const char many[] = "--threads=8";

typedef struct
{
  OddGround odd;
  int fd;     /* for writing */
  int direct; /* past the kernel's memory */
  int other;  /* so is this, another file */
  GPtrArray *threads;
  gint n_read; /* atomic: how many have read the other file */
} Ground;

static int
open_direct (const Ground *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->odd.volume.path, name, NULL);

  return open (path, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

static void
ground_open (Ground *self, const char *threads)
{
  self->threads = g_ptr_array_new ();
  self->fd = self->direct = self->other = -1;
  odd_ground_open (&self->odd, (const char *const[]){ threads, NULL });
  self->fd = open (self->odd.path, O_WRONLY | O_CLOEXEC);
  /* Of an empty file the kernel reads nothing. */
  assert_int_equal (pwrite (self->fd, BEFORE, LENGTH, 0), LENGTH);
  assert_int_equal (fsync (self->fd), 0);
  self->direct = open_direct (self, "file");
  self->other = open_direct (self, "other");
  assert_true (self->direct >= 0 && self->other >= 0);
}

/* How many of them say TRUE. */
static int
join_all (Ground *self)
{
  int n = 0;

  for (guint i = 0; i < self->threads->len; i++)
    n += GPOINTER_TO_INT (g_thread_join (self->threads->pdata[i]));
  g_ptr_array_set_size (self->threads, 0);
  return n;
}

static void
ground_clear (Ground *self)
{
  if (self->threads == NULL)
    return;
  g_atomic_int_set (&self->odd.manners.holds, 0);
  /* The test has failed, and they may be waiting for an answer. */
  if (self->threads->len > 0)
    kill (self->odd.volume.pid, SIGKILL);
  join_all (self);
  g_ptr_array_unref (self->threads);
  kvol_clear_fd (&self->fd);
  kvol_clear_fd (&self->direct);
  kvol_clear_fd (&self->other);
  if (self->odd.volume.path != NULL)
    served_stop (&self->odd.volume);
  odd_ground_clear (&self->odd);
}
TEST_STATE (Ground, ground)

static gpointer
read_file (gpointer data)
{
  const Ground *self = data;
  char buffer[4096];
  const gssize n = pread (self->direct, buffer, sizeof buffer, 0);

  return GINT_TO_POINTER (n == LENGTH && memcmp (buffer, TEXT, LENGTH) == 0);
}

static void
start (Ground *self, GThreadFunc function)
{
  g_ptr_array_add (self->threads, g_thread_new ("inside", function, self));
}

/* So many at once are more than one thread takes alone. */
static void
all_threads_read_what_was_written_before_a_restart (void **state)
{
  Ground *self = *state;

  ground_open (self, many);
  assert_int_equal (pwrite (self->fd, TEXT, LENGTH, 0), LENGTH);
  odd_server_restart (self->odd.server);
  for (int i = 0; i < N_READERS; i++)
    start (self, read_file);
  assert_int_equal (join_all (self), N_READERS);
}

static gpointer
write_file (gpointer data)
{
  const Ground *self = data;

  return GINT_TO_POINTER (pwrite (self->fd, TEXT, LENGTH, 0) == LENGTH);
}

static gpointer
read_other (gpointer data)
{
  Ground *self = data;
  char buffer[4096];

  if (pread (self->other, buffer, sizeof buffer, 0) == LENGTH)
    g_atomic_int_inc (&self->n_read);
  return NULL;
}

/* The connection over which the answer will come is busy with it: who is served meanwhile is so by another thread, and
 * who is not waits. */
static void
await_other_thread (Ground *self)
{
  while (g_atomic_int_get (&self->n_read) == 0 && self->threads->len < N_BURSTS * N_READERS)
    {
      for (int i = 0; i < N_READERS; i++)
        start (self, read_other);
      for (int i = 0; i < BURST_MSEC && g_atomic_int_get (&self->n_read) == 0; i++)
        g_usleep (1000);
    }
  assert_true (g_atomic_int_get (&self->n_read) > 0);
}

static void
a_write_that_is_answered_after_a_restart_is_not_taken_for_safe (void **state)
{
  const int the_writer = 1;
  Ground *self = *state;

  ground_open (self, many);
  g_atomic_int_set (&self->odd.manners.holds, ODD_HOLD_NEXT);
  start (self, write_file);
  odd_manners_await (&self->odd.manners.holds, ODD_HELD);
  odd_server_restart (self->odd.server);
  await_other_thread (self);
  g_atomic_int_set (&self->odd.manners.holds, 0);
  assert_int_equal (join_all (self), the_writer);
  assert_true (GPOINTER_TO_INT (read_file (self)));
}

static void
a_commit_that_is_not_taken_loses_nothing (void **state)
{
  Ground *self = *state;
  g_autofree char *content = NULL;

  ground_open (self, many);
  assert_int_equal (pwrite (self->fd, TEXT, LENGTH, 0), LENGTH);
  g_atomic_int_set (&self->odd.manners.refuses, TRUE);
  assert_int_equal (fsync (self->fd), 0);
  assert_false (g_atomic_int_get (&self->odd.manners.refuses));
  content = odd_server_dup_lasting (self->odd.server);
  assert_string_equal (content, TEXT);
}

/* Once, or again what was written because of that. */
static void
a_repeated_write_that_does_not_last_is_committed (void **state)
{
  Ground *self = *state;

  ground_open (self, many);
  g_atomic_int_set (&self->odd.manners.postpones, TRUE);
  for (int forgets = 1; forgets <= 3; forgets++)
    {
      g_autofree char *text = g_strdup_printf (TEXT " %d", forgets);
      g_autofree char *content = NULL;

      assert_int_equal (pwrite (self->fd, text, strlen (text), 0), strlen (text));
      g_atomic_int_set (&self->odd.manners.forgets, forgets);
      assert_int_equal (fsync (self->fd), 0);
      assert_int_equal (g_atomic_int_get (&self->odd.manners.forgets), 0);
      content = odd_server_dup_lasting (self->odd.server);
      assert_string_equal (content, text);
    }
}

static void
a_server_that_loses_a_write_each_time_is_an_error (void **state)
{
  Ground *self = *state;

  ground_open (self, many);
  g_atomic_int_set (&self->odd.manners.postpones, TRUE);
  assert_int_equal (pwrite (self->fd, TEXT, LENGTH, 0), LENGTH);
  g_atomic_int_set (&self->odd.manners.forgets, G_MAXINT);
  assert_int_equal (fsync (self->fd), -1);
  assert_int_equal (errno, EIO);
  g_atomic_int_set (&self->odd.manners.forgets, 0);
}

/* What is kept of them is little, and what it takes to keep them is not. */
static void
many_small_writes_are_committed_unasked (void **state)
{
  Ground *self = *state;
  gint n_commits;

  ground_open (self, "--threads=1");
  n_commits = g_atomic_int_get (&self->odd.manners.n_commits);
  for (int i = 0; i < N_SMALL; i++)
    assert_int_equal (pwrite (self->fd, "x", 1, 0), 1);
  assert_true (g_atomic_int_get (&self->odd.manners.n_commits) > n_commits);
}

/* Each time after twice as long, up to a second. */
static void
who_hangs_up_again_and_again_is_left_alone_for_longer (void **state)
{
  Ground *self = *state;
  char buffer[4096];
  gint64 begin;

  ground_open (self, many);
  begin = g_get_monotonic_time ();
  g_atomic_int_set (&self->odd.manners.hangs_up, N_HANG_UPS);
  assert_int_equal (pread (self->other, buffer, sizeof buffer, 0), LENGTH);
  assert_true (g_get_monotonic_time () - begin > 2 * G_TIME_SPAN_SECOND);
}

/* Not each way to write to a connection can be told to do without the signal. */
static void
a_connection_that_is_gone_kills_nobody (void **state)
{
  Ground *self = *state;

  ground_open (self, many);
  assert_true (proc_read_status (self->odd.volume.pid, "SigIgn", 16) & (1u << (SIGPIPE - 1)));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, all_threads_read_what_was_written_before_a_restart),
    TEST_ON (ground, a_write_that_is_answered_after_a_restart_is_not_taken_for_safe),
    TEST_ON (ground, a_commit_that_is_not_taken_loses_nothing),
    TEST_ON (ground, a_repeated_write_that_does_not_last_is_committed),
    TEST_ON (ground, a_server_that_loses_a_write_each_time_is_an_error),
    TEST_ON (ground, many_small_writes_are_committed_unasked),
    TEST_ON (ground, who_hangs_up_again_and_again_is_left_alone_for_longer),
    TEST_ON (ground, a_connection_that_is_gone_kills_nobody),
  };

  return own_net_run ("restarts", tests);
}

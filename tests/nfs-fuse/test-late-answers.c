/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer of the server that comes when nobody waits for it any more is not told the kernel, so the next open must
 * not take it for known there: the kernel would go on with what it has, and hide what another client has written. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/gate.h"
#include "support/own-net.h"

#define SIZE 4096

/* One thread, so that its answers come one after the other. */
static const char *const impatient[] = { "--port=2050", "--soft=1", "--threads=1", NULL };
static const char *const one_thread[] = { "--port=2050", "--threads=1", NULL };

/* The server, what the file is like; 0 or an errno. */
static int
ask (int fd)
{
  struct statx status;

  return statx (fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &status) == 0 ? 0 : errno;
}

typedef struct
{
  Counted counted;
  Served other; /* of another client */
  char *there;  /* the file, by that client */
  int writer;
  Gate gate;
  GThread *thread;
} Ground;

static void
ground_clear (Ground *self)
{
  gate_open (&self->gate);
  served_clear (&self->other);
  counted_clear (&self->counted);
  g_clear_pointer (&self->thread, g_thread_join);
  if (self->there != NULL)
    kvol_clear_fd (&self->writer);
  g_free (self->there);
}
TEST_STATE (Ground, ground)

/* The kernel knows what the file is like. */
static void
ground_open (Ground *self, const char *const *arguments)
{
  if (!counted_open (&self->counted, arguments))
    skip ();
  served_start (&self->other, NULL);
  self->there = g_build_filename (self->other.path, "file", NULL);
  self->writer = served_open_file (&self->counted.volume, "file", O_RDWR | O_CREAT);
  assert_int_equal (write (self->writer, "short", 5), 5);
  assert_int_equal (fsync (self->writer), 0);
  assert_int_equal (ask (self->writer), 0);
}

static void
what_was_answered_too_late_is_not_known_at_the_next_open (void **state)
{
  KVOL_AUTO_FD copy = memfd_create ("copy", MFD_CLOEXEC);
  Ground *ground = *state;
  KVOL_AUTO_FD reader = -1;

  ground_open (ground, impatient);
  assert_int_equal (truncate (ground->there, SIZE), 0);
  lossy_forge (ground->counted.lossy, NFS3_GETATTR, gate_wait, &ground->gate);
  assert_int_equal (ask (ground->writer), ETIMEDOUT);
  gate_open (&ground->gate);
  counted_await_answers (&ground->counted);
  reader = served_open_file (&ground->counted.volume, "file", O_RDONLY);
  /* Nothing asks for the size before. */
  assert_int_equal (sendfile (copy, reader, NULL, 2 * SIZE), SIZE);
}

/* After it is asked what the file is like, and before that is told, another client makes it longer. */
static void
forge_nothing (GByteArray *answer, gpointer data)
{
  if (truncate (data, SIZE) != 0)
    g_byte_array_set_size (answer, 0);
}

static gpointer
ask_apart (gpointer data)
{
  return GINT_TO_POINTER (ask (*(const int *) data));
}

/* Of two answers to questions that were asked at the same time the kernel takes the one that comes first. */
static void
what_was_answered_beside_another_one_is_not_known_at_the_next_open (void **state)
{
  KVOL_AUTO_FD copy = memfd_create ("copy", MFD_CLOEXEC);
  Ground *ground = *state;
  KVOL_AUTO_FD reader = -1;

  ground_open (ground, counted_shared_in_turn);
  lossy_forge (ground->counted.lossy, NFS3_GETATTR, forge_nothing, ground->there);
  lossy_hold (ground->counted.lossy);
  ground->thread = g_thread_new ("ask", ask_apart, &ground->writer);
  assert_int_equal (ask (ground->writer), 0);
  assert_int_equal (GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&ground->thread))), 0);
  reader = served_open_file (&ground->counted.volume, "file", O_RDONLY);
  assert_int_equal (sendfile (copy, reader, NULL, 2 * SIZE), SIZE);
}

static gpointer
get_size (gpointer data)
{
  struct statx status = { 0 };

  if (statx (*(const int *) data, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &status) != 0)
    return NULL;
  return GSIZE_TO_POINTER (status.stx_size);
}

/* The server has lost what it had not committed, says so of the file's size, and then gets it again. */
static void
what_was_answered_before_a_lost_write_was_repeated_is_not_told_after_it (void **state)
{
  Ground *ground = *state;
  NfsServer *server;
  g_autofree char *exported = NULL;

  ground_open (ground, one_thread);
  /* By the second of its start the server tells that it was started anew. */
  g_usleep (G_USEC_PER_SEC);
  server = ground->counted.export.server;
  exported = counted_dup_there (&ground->counted, "file");
  assert_int_equal (pwrite (ground->writer, "x", 1, SIZE - 1), 1);
  assert_true (nfs_server_kill (server, NULL));
  assert_int_equal (truncate (exported, 0), 0);
  lossy_detain (ground->counted.lossy, NFS3_GETATTR, LOSSY_ANSWER);
  ground->thread = g_thread_new ("ask", get_size, &ground->writer);
  assert_true (nfs_server_restart (server, NULL));
  lossy_await_detained (ground->counted.lossy);
  assert_int_equal (fsync (ground->writer), 0);
  lossy_release (ground->counted.lossy);
  assert_int_equal (GPOINTER_TO_SIZE (g_thread_join (g_steal_pointer (&ground->thread))), SIZE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, what_was_answered_too_late_is_not_known_at_the_next_open),
    TEST_ON (ground, what_was_answered_beside_another_one_is_not_known_at_the_next_open),
    TEST_ON (ground, what_was_answered_before_a_lost_write_was_repeated_is_not_told_after_it),
  };

  return own_net_run ("answers that come late", tests);
}

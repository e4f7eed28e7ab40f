/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who reads or writes past the kernel's cache, while the server does not answer, can be killed; and who is not killed
 * waits. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/aside.h"
#include "nfs-fuse/served.h"
#include "support/own-net.h"
#include "support/test-state.h"

#define SIZE (2u * 1024 * 1024)
#define PAGE 4096
#define PATIENCE_MSEC 30000
/* More than once it is seen whether who waits is to be killed. */
#define LONG_USEC (3 * G_USEC_PER_SEC)

typedef struct
{
  ServedGround ground;
  char *path;
  int fd;
  pid_t child; /* 0: none */
  int said;    /* by it; its end when there is nobody any more who has the other */
} Waiting;

static void
waiting_clear (Waiting *self)
{
  if (self->child > 0)
    kill (self->child, SIGKILL);
  served_ground_clear (&self->ground);
  if (self->child > 0)
    waitpid (self->child, NULL, 0);
  if (self->path != NULL)
    {
      kvol_clear_fd (&self->said);
      kvol_clear_fd (&self->fd);
    }
  g_free (self->path);
}
TEST_STATE (Waiting, waiting)

static void
waiting_open (Waiting *self)
{
  g_autofree char *there = NULL;

  if (!served_ground_open (&self->ground, NULL))
    skip ();
  there = g_build_filename (self->ground.export.data, "file", NULL);
  assert_true (g_file_set_contents (there, "", 0, NULL));
  assert_int_equal (truncate (there, SIZE), 0);
  self->path = g_build_filename (self->ground.volume.path, "file", NULL);
  self->said = self->fd = -1;
}

/* ---- what a child does ---- */

/* Answers whether all of it is done. */
typedef gboolean (*Deed) (int fd, void *bytes);

static gboolean
read_all (int fd, void *bytes)
{
  return pread (fd, bytes, SIZE, 0) == SIZE;
}

static gboolean
write_all (int fd, void *bytes)
{
  return pwrite (fd, bytes, SIZE, 0) == SIZE;
}

static gboolean
await (gulong aside)
{
  gssize done;

  return aside_end (aside, &done) && done == SIZE;
}

static gboolean
read_aside (int fd, void *bytes)
{
  gulong aside;

  return aside_begin (ASIDE_READ, fd, bytes, SIZE, 0, &aside) == 0 && await (aside);
}

static gboolean
write_aside (int fd, void *bytes)
{
  gulong aside;

  return aside_begin (ASIDE_WRITE, fd, bytes, SIZE, 0, &aside) == 0 && await (aside);
}

typedef struct
{
  int fd;
  void *bytes;
  gulong aside;
} Order;

static gpointer
give_order (gpointer data)
{
  Order *order = data;

  return GINT_TO_POINTER (aside_begin (ASIDE_READ, order->fd, order->bytes, SIZE, 0, &order->aside) == 0);
}

/* Who has begun it ends before it does. */
static gboolean
read_aside_by_another_thread (int fd, void *bytes)
{
  Order order = { fd, bytes, 0 };

  return g_thread_join (g_thread_new ("order", give_order, &order)) != NULL && await (order.aside);
}

/* And goes. */
static gboolean
leave_behind (int fd, void *bytes)
{
  gulong aside;

  memset (bytes, 'x', SIZE);
  _exit (aside_begin (ASIDE_WRITE, fd, bytes, SIZE, 0, &aside) == 0 ? 0 : 1);
}

/* Says that it begins, then does it. */
static void
start (Waiting *self, Deed deed)
{
  int ends[2];

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  self->said = ends[0];
  self->child = fork ();
  if (self->child == 0)
    {
      void *bytes = aligned_alloc (PAGE, SIZE);

      if (write (ends[1], "", 1) != 1)
        _exit (2);
      _exit (deed (self->fd, bytes) ? 0 : 1);
    }
  assert_true (self->child > 0);
  close (ends[1]);
}

/* ---- and what becomes of it ---- */

/* The child has ended when its end of the pipe is closed. */
static int
await_child (Waiting *self)
{
  struct pollfd said = { .fd = self->said };
  int status;

  assert_int_equal (poll (&said, 1, PATIENCE_MSEC), 1);
  assert_int_equal (waitpid (self->child, &status, 0), self->child);
  self->child = 0;
  kvol_clear_fd (&self->said);
  return status;
}

static void
open_file (Waiting *self, int flags)
{
  self->fd = open (self->path, flags | O_CLOEXEC);
  assert_true (self->fd >= 0);
}

static void
wake_server (Waiting *self)
{
  assert_true (nfs_server_thaw (self->ground.export.server, NULL));
  kvol_clear_fd (&self->fd);
}

static void
begin_at_a_silent_server (Waiting *self, Deed deed)
{
  char byte;

  assert_true (nfs_server_freeze (self->ground.export.server, NULL));
  start (self, deed);
  assert_int_equal (read (self->said, &byte, 1), 1);
}

typedef struct
{
  int flags;
  Deed deed;
} Row;

static const Row rows[] = {
  { O_RDONLY | O_DIRECT, read_all },   { O_WRONLY | O_DIRECT, write_all },   { O_WRONLY, write_all },
  { O_RDONLY | O_DIRECT, read_aside }, { O_WRONLY | O_DIRECT, write_aside }, { O_WRONLY, write_aside },
};

static void
assert_all_end_by (Waiting *self, int signal_number)
{
  waiting_open (self);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      int status;

      open_file (self, rows[i].flags);
      begin_at_a_silent_server (self, rows[i].deed);
      /* It may not have come as far as to wait yet, and then it ends all the sooner. */
      g_usleep (G_USEC_PER_SEC / 10);
      assert_int_equal (kill (self->child, signal_number), 0);
      status = await_child (self);
      assert_true (WIFSIGNALED (status) && WTERMSIG (status) == signal_number);
      wake_server (self);
    }
  served_stop (&self->ground.volume);
}

static void
who_is_killed_ends (void **state)
{
  assert_all_end_by (*state, SIGKILL);
}

static void
who_is_terminated_ends (void **state)
{
  assert_all_end_by (*state, SIGTERM);
}

static gboolean
pause_for_ever (int fd, void *bytes)
{
  pause ();
  return FALSE;
}

/* To close the file takes a question to the server, and nobody hears the answer. */
static void
who_is_killed_closes_what_he_has_open (void **state)
{
  Waiting *self = *state;
  int status;

  waiting_open (self);
  open_file (self, O_WRONLY);
  assert_int_equal (write (self->fd, "x", 1), 1);
  begin_at_a_silent_server (self, pause_for_ever);
  assert_int_equal (kill (self->child, SIGKILL), 0);
  status = await_child (self);
  assert_true (WIFSIGNALED (status));
  wake_server (self);
  served_stop (&self->ground.volume);
}

static void
who_is_not_killed_waits (void **state)
{
  const Row others[] = { { O_RDONLY | O_DIRECT, read_aside_by_another_thread } };
  Waiting *self = *state;

  waiting_open (self);
  for (gsize i = 0; i < G_N_ELEMENTS (rows) + G_N_ELEMENTS (others); i++)
    {
      const Row *row = i < G_N_ELEMENTS (rows) ? &rows[i] : &others[i - G_N_ELEMENTS (rows)];

      open_file (self, row->flags);
      begin_at_a_silent_server (self, row->deed);
      g_usleep (i < 2 || row == others ? LONG_USEC : 0);
      wake_server (self);
      assert_int_equal (await_child (self), 0);
    }
  served_stop (&self->ground.volume);
}

static void
what_is_left_behind_is_written (void **state)
{
  Waiting *self = *state;
  g_autofree char *there = NULL;
  g_autofree char *text = NULL;

  waiting_open (self);
  open_file (self, O_WRONLY | O_DIRECT);
  begin_at_a_silent_server (self, leave_behind);
  g_usleep (LONG_USEC);
  wake_server (self);
  assert_int_equal (await_child (self), 0);
  there = g_build_filename (self->ground.export.data, "file", NULL);
  assert_true (g_file_get_contents (there, &text, NULL, NULL));
  assert_int_equal (strspn (text, "x"), SIZE);
  served_stop (&self->ground.volume);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (waiting, who_is_killed_ends),
    TEST_ON (waiting, who_is_terminated_ends),
    TEST_ON (waiting, who_is_killed_closes_what_he_has_open),
    TEST_ON (waiting, who_is_not_killed_waits),
    TEST_ON (waiting, what_is_left_behind_is_written),
  };

  return own_net_run ("nfs killed", tests);
}

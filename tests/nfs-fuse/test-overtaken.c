/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server does what comes to it in any order. Somebody writes, or cuts the file, and is killed before he is answered:
 * what is written in its place afterwards, or set, is not overtaken by that. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/odd-ground.h"
#include "support/own-net.h"

#define OLDER "earlier"
#define NEWER "written"
#define LENGTH 7
/* Who does not wait is done long before. */
#define LONG_USEC G_USEC_PER_SEC

/* What is done to the file; answers 0 when it was. */
typedef int (*Deed) (int fd);

static int
write_older (int fd)
{
  return pwrite (fd, OLDER, LENGTH, 0) != LENGTH;
}

static int
write_newer (int fd)
{
  return pwrite (fd, NEWER, LENGTH, 0) != LENGTH;
}

static int
cut (int fd)
{
  return ftruncate (fd, 1) != 0;
}

/* To write takes a file's privileges from it. */
static int
set_mode (int fd)
{
  return fchmod (fd, 04755) != 0;
}

typedef struct
{
  const char *name;
  Deed older; /* is sent, and its answer not waited for */
  Deed newer;
  gboolean waits;                /* the newer one, for the end of the older one; else that is not looked at */
  void (*end) (OddServer *self); /* what the server does with the older one then */
  const char *content;           /* afterwards */
} Row;

static const Row rows[] = {
  { "what is written afterwards stays", write_older, write_newer, FALSE, odd_server_go_on, NEWER },
  { "what is set afterwards stays", write_older, set_mode, TRUE, odd_server_go_on, OLDER },
  { "what is written after a cut stays", cut, write_newer, TRUE, odd_server_go_on, NEWER },
  { "it is not waited for when the server has forgotten it", write_older, write_newer, FALSE, odd_server_restart,
    NEWER },
};

typedef struct
{
  const Row *row;
  OddGround odd;
  int fd;
  GThread *thread;
  gint done; /* atomic: what the thread does */
} Ground;

static void
ground_open (Ground *self)
{
  self->fd = -1;
  odd_ground_open (&self->odd, (const char *const[]){ "--threads=1", NULL });
  self->fd = open (self->odd.path, O_WRONLY | O_CLOEXEC);
  assert_true (self->fd >= 0);
}

static void
ground_clear (Ground *self)
{
  /* The test has failed, and the thread may be waiting for an answer. */
  if (self->thread != NULL)
    {
      kill (self->odd.volume.pid, SIGKILL);
      g_thread_join (self->thread);
    }
  kvol_clear_fd (&self->fd);
  odd_ground_clear (&self->odd);
}
TEST_ROW_STATE (Ground, ground)

/* Somebody has done the older deed, and does not wait for the answer any more. */
static void
do_older (Ground *self)
{
  int status;
  pid_t child;

  g_atomic_int_set (&self->odd.manners.delays, ODD_HOLD_NEXT);
  child = fork ();
  if (child == 0)
    _exit (self->row->older (self->fd));
  odd_manners_await (&self->odd.manners.delays, ODD_HELD);
  assert_int_equal (kill (child, SIGKILL), 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
}

static gpointer
do_newer (gpointer data)
{
  Ground *self = data;
  const int failed = self->row->newer (self->fd);

  g_atomic_int_set (&self->done, TRUE);
  return GINT_TO_POINTER (failed);
}

/* Returns when it is done, or waits. */
static void
begin_newer (Ground *self)
{
  const gint64 end = g_get_monotonic_time () + LONG_USEC;

  self->thread = g_thread_new ("newer", do_newer, self);
  while (!g_atomic_int_get (&self->done) && g_get_monotonic_time () < end)
    g_usleep (1000);
}

static void
the_newer_deed_stays (void **state)
{
  Ground *self = *state;
  g_autofree char *content = NULL;

  ground_open (self);
  do_older (self);
  begin_newer (self);
  if (self->row->waits)
    assert_false (g_atomic_int_get (&self->done));
  self->row->end (self->odd.server);
  assert_int_equal (GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->thread))), 0);
  content = odd_server_dup_content (self->odd.server);
  assert_string_equal (content, self->row->content);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (rows)];

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = TEST_ON_ROW (ground, &rows[i], the_newer_deed_stays);
  return own_net_run ("writes that are overtaken", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server says "later" to who reads, and has lost what was written by then: he waits until it is written again. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/forgery.h"
#include "nfs-fuse/lossy.h"
#include "nfs-fuse/odd-server.h"
#include "nfs-fuse/served.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define TEXT "written"
#define LENGTH 7
#define DEADLINE_USEC (30 * G_USEC_PER_SEC)
/* Who has asked so often waits mostly for longer than it takes until the server is found there again. */
#define OFTEN 4
/* Longer than anybody waits before he asks once more. */
#define LONG_USEC (3 * G_USEC_PER_SEC)

typedef struct
{
  OddManners manners;
  OddServer *server;
  Lossy *lossy;
  Served volume;
  int fd;
  GThread *thread;
  gint puts_off; /* atomic: whoever reads is to come later; */
  gint times;    /* atomic: so often he was told so */
} Ground;

static void
ground_clear (Ground *self)
{
  if (self->server == NULL)
    return;
  /* The test has failed, and the thread may be waiting for an answer. */
  if (self->thread != NULL)
    {
      kill (self->volume.pid, SIGKILL);
      g_thread_join (self->thread);
    }
  kvol_clear_fd (&self->fd);
  served_clear (&self->volume);
  g_clear_pointer (&self->lossy, lossy_close);
  odd_server_stop (self->server);
}
TEST_STATE (Ground, ground)

/* "Later", and nothing of the file. */
static void
put_off (GByteArray *answer, gpointer data)
{
  Ground *self = data;

  if (!g_atomic_int_get (&self->puts_off))
    return;
  g_atomic_int_inc (&self->times);
  forgery_refuse (answer, NFS3ERR_JUKEBOX, 1);
}

static void
ground_open (Ground *self)
{
  if (!scratch_is_real_root () || access ("/dev/fuse", R_OK | W_OK) < 0)
    skip_because ("a FUSE file system for several users takes root and /dev/fuse");
  self->fd = -1;
  self->server = odd_server_start (&self->manners);
  self->lossy = lossy_open ();
  lossy_forge (self->lossy, NFS3_READ, put_off, self);
  served_start (&self->volume, (const char *const[]){ "--port=2050", "--threads=1", NULL });
  self->fd = served_open_file (&self->volume, "file", O_RDWR | O_DIRECT);
  assert_int_equal (pwrite (self->fd, TEXT, LENGTH, 0), LENGTH);
}

static gpointer
read_text (gpointer data)
{
  char text[LENGTH + 1] = "";
  Ground *self = data;

  return GINT_TO_POINTER (pread (self->fd, text, LENGTH, 0) == LENGTH && g_str_equal (text, TEXT));
}

/* By the connection that all come by, so what was said before has been heard. */
static void
look (const Ground *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->volume.path, name, NULL);

  assert_int_equal (access (path, F_OK), 0);
}

static void
begin_to_read (Ground *self)
{
  const gint64 end = g_get_monotonic_time () + DEADLINE_USEC;

  g_atomic_int_set (&self->puts_off, TRUE);
  self->thread = g_thread_new ("reader", read_text, self);
  while (g_atomic_int_get (&self->times) < OFTEN)
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (1000);
    }
  look (self, "before");
}

/* Somebody else finds the server there again, before who reads asks once more; if he has, he was put off again. It has
 * not come to what it is to write again. */
static void
lose_what_was_written (Ground *self)
{
  g_atomic_int_set (&self->manners.delays, ODD_HOLD_NEXT);
  odd_server_restart (self->server);
  look (self, "after");
  odd_manners_await (&self->manners.delays, ODD_HELD);
}

static void
what_a_server_lost_meanwhile_is_not_read (void **state)
{
  Ground *self = *state;
  gint64 end;
  guint asked;

  ground_open (self);
  begin_to_read (self);
  lose_what_was_written (self);
  asked = lossy_count (self->lossy, NFS3_READ);
  g_atomic_int_set (&self->puts_off, FALSE);
  end = g_get_monotonic_time () + LONG_USEC;
  while (lossy_count (self->lossy, NFS3_READ) == asked && g_get_monotonic_time () < end)
    g_usleep (1000);
  assert_int_equal (lossy_count (self->lossy, NFS3_READ), asked);
  odd_server_go_on (self->server);
  assert_true (GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->thread))));
  kvol_clear_fd (&self->fd);
  served_stop (&self->volume);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, what_a_server_lost_meanwhile_is_not_read),
  };

  return own_net_run ("put off", tests);
}

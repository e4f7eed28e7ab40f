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

#include "nfs-fuse/odd-server.h"
#include "nfs-fuse/served.h"
#include "support/scratch.h"

#define OLDER "earlier"
#define NEWER "written"
#define LENGTH 7
/* Who does not wait is done long before. */
#define LONG_USEC G_USEC_PER_SEC

typedef struct
{
  OddManners manners;
  OddServer *server;
  Served volume;
  int fd;
  GThread *thread;
  gint done; /* atomic: what the thread does */
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
  odd_server_stop (self->server);
}
TEST_STATE (Ground, ground)

static int
write_older (int fd)
{
  return pwrite (fd, OLDER, LENGTH, 0) != LENGTH;
}

static int
cut (int fd)
{
  return ftruncate (fd, 1) != 0;
}

/* Somebody has done that, and does not wait for the answer any more. */
static void
ground_open (Ground *self, int (*deed) (int fd))
{
  g_autofree char *path = NULL;
  int status;
  pid_t child;

  if (!scratch_is_real_root () || access ("/dev/fuse", R_OK | W_OK) < 0)
    skip_because ("a FUSE file system for several users takes root and /dev/fuse");
  self->server = odd_server_start (&self->manners);
  served_start (&self->volume, (const char *const[]){ "--threads=1", NULL });
  path = g_build_filename (self->volume.path, "file", NULL);
  self->fd = open (path, O_WRONLY | O_CLOEXEC);
  assert_true (self->fd >= 0);
  g_atomic_int_set (&self->manners.delays, ODD_HOLD_NEXT);
  child = fork ();
  if (child == 0)
    _exit (deed (self->fd));
  odd_manners_await (&self->manners.delays, ODD_HELD);
  assert_int_equal (kill (child, SIGKILL), 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
}

static gpointer
write_newer (gpointer data)
{
  Ground *self = data;
  const gboolean good = pwrite (self->fd, NEWER, LENGTH, 0) == LENGTH;

  g_atomic_int_set (&self->done, TRUE);
  return GINT_TO_POINTER (good);
}

static gpointer
set_mode (gpointer data)
{
  Ground *self = data;
  const gboolean good = fchmod (self->fd, 04755) == 0;

  g_atomic_int_set (&self->done, TRUE);
  return GINT_TO_POINTER (good);
}

/* Returns when it is done, or waits. */
static void
begin (Ground *self, GThreadFunc deed)
{
  const gint64 end = g_get_monotonic_time () + LONG_USEC;

  self->thread = g_thread_new ("deed", deed, self);
  while (!g_atomic_int_get (&self->done) && g_get_monotonic_time () < end)
    g_usleep (1000);
}

static void
assert_ends (Ground *self)
{
  assert_true (GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->thread))));
}

static void
assert_content (Ground *self, const char *wanted)
{
  g_autofree char *content = odd_server_dup_content (self->server);

  assert_string_equal (content, wanted);
}

static void
what_is_written_afterwards_stays (void **state)
{
  Ground *ground = *state;

  ground_open (ground, write_older);
  begin (ground, write_newer);
  odd_server_go_on (ground->server);
  assert_ends (ground);
  assert_content (ground, NEWER);
}

/* To write takes a file's privileges from it. */
static void
what_is_set_afterwards_stays (void **state)
{
  Ground *ground = *state;

  ground_open (ground, write_older);
  begin (ground, set_mode);
  assert_false (g_atomic_int_get (&ground->done));
  odd_server_go_on (ground->server);
  assert_ends (ground);
  assert_content (ground, OLDER);
}

static void
what_is_written_after_a_cut_stays (void **state)
{
  Ground *ground = *state;

  ground_open (ground, cut);
  begin (ground, write_newer);
  assert_false (g_atomic_int_get (&ground->done));
  odd_server_go_on (ground->server);
  assert_ends (ground);
}

static void
it_is_not_waited_for_when_the_server_has_forgotten_it (void **state)
{
  Ground *ground = *state;

  ground_open (ground, write_older);
  begin (ground, write_newer);
  odd_server_restart (ground->server);
  assert_ends (ground);
  assert_content (ground, NEWER);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, what_is_written_afterwards_stays),
    TEST_ON (ground, what_is_set_afterwards_stays),
    TEST_ON (ground, what_is_written_after_a_cut_stays),
    TEST_ON (ground, it_is_not_waited_for_when_the_server_has_forgotten_it),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      print_message ("ok - writes that are overtaken # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("writes that are overtaken", tests, NULL, NULL);
}

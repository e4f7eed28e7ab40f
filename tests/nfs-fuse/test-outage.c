/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that is gone for a while, seen from within the volume: who waits, for how long, at which cost; and what NFS
 * does not have. */
#include "nfs-fuse/served.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/scratch.h"

#define NAME "files.test"
/* How long an outage lasts that nobody is to waste time in. */
#define OUTAGE_USEC (3 * G_TIME_SPAN_SECOND)

typedef struct
{
  ServedGround served;
  int fd; /* of a file that was there before */
} Ground;

static gboolean
ground_begin (Ground *self, const char *const *more)
{
  g_autofree char *path = NULL;

  self->fd = -1;
  if (!served_ground_open (&self->served, more))
    return FALSE;
  path = g_build_filename (self->served.volume.path, "file", NULL);
  assert_true (g_file_set_contents (path, "content", -1, NULL));
  self->fd = open (path, O_RDWR | O_CLOEXEC);
  assert_true (self->fd >= 0);
  return TRUE;
}

static void
ground_clear (Ground *self)
{
  const gboolean is_open = self->served.export.data != NULL;

  /* Who closes the file may have to wait for the server, as long as there is a volume. */
  served_ground_clear (&self->served);
  if (is_open)
    kvol_clear_fd (&self->fd);
}
TEST_STATE (Ground, ground)

/* Asks the server for something, and answers an errno. */
static int
ask (int fd)
{
  char byte;

  posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
  return fsync (fd) == 0 && pwrite (fd, "C", 1, 0) == 1 && pread (fd, &byte, 1, 1) == 1 ? 0 : errno;
}

/* A child that asks once; what it says is the errno. */
static pid_t
ask_apart (const Ground *self, int *ret_said)
{
  int ends[2];
  pid_t child;

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  child = fork ();
  if (child == 0)
    {
      int failure;

      for (int i = 0; i < NSIG; i++)
        signal (i, SIG_DFL);
      failure = ask (self->fd);
      _exit (write (ends[1], &failure, sizeof failure) == sizeof failure ? 0 : 1);
    }
  close (ends[1]);
  *ret_said = ends[0];
  return child;
}

/* The server is gone before it is asked. */
static pid_t
ask_when_gone (Ground *self, int *ret_said)
{
  if (!ground_begin (self, NULL))
    skip ();
  assert_true (nfs_server_kill (self->served.export.server, NULL));
  return ask_apart (self, ret_said);
}

static gboolean
is_said (int fd, int msec)
{
  struct pollfd ready = { .fd = fd, .events = POLLIN };

  return poll (&ready, 1, msec) > 0;
}

static void
assert_answered (pid_t child, int said)
{
  int failure = -1;

  assert_true (is_said (said, 30000));
  assert_int_equal (read (said, &failure, sizeof failure), sizeof failure);
  assert_int_equal (failure, 0);
  assert_int_equal (waitpid (child, NULL, 0), child);
  close (said);
}

/* ---- soft and hard ---- */

static void
a_soft_request_fails_when_its_time_is_up (void **state)
{
  static const char *const soft[] = { "--soft=0.5", NULL };
  Ground *ground = *state;
  gint64 began;
  int failure;

  if (!ground_begin (ground, soft))
    skip ();
  assert_true (nfs_server_freeze (ground->served.export.server, NULL));
  began = g_get_monotonic_time ();
  failure = ask (ground->fd);
  assert_int_equal (failure, ETIMEDOUT);
  assert_true (g_get_monotonic_time () - began >= G_TIME_SPAN_SECOND / 2);
  assert_true (nfs_server_thaw (ground->served.export.server, NULL));
  assert_int_equal (ask (ground->fd), 0);
}

static void
a_hard_request_waits_until_the_server_is_back (void **state)
{
  Ground *ground = *state;
  pid_t child;
  int said;

  child = ask_when_gone (ground, &said);
  assert_false (is_said (said, 1500));
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (child, said);
}

/* ---- interruption ---- */

static void
one_who_waits_can_be_ended_by (Ground *ground, int number)
{
  int said, status;
  pid_t child;

  if (!ground_begin (ground, NULL))
    skip ();
  assert_true (nfs_server_freeze (ground->served.export.server, NULL));
  child = ask_apart (ground, &said);
  assert_false (is_said (said, 300));
  assert_int_equal (kill (child, number), 0);
  /* The end of its pipe is its own. */
  assert_true (is_said (said, 30000));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status) && WTERMSIG (status) == number);
  close (said);
  assert_true (nfs_server_thaw (ground->served.export.server, NULL));
  assert_int_equal (ask (ground->fd), 0);
}

static void
one_who_waits_can_be_killed (void **state)
{
  one_who_waits_can_be_ended_by (*state, SIGKILL);
}

static void
one_who_waits_can_be_interrupted (void **state)
{
  one_who_waits_can_be_ended_by (*state, SIGINT);
}

/* ---- what it costs ---- */

/* User and system time that the server has used, in clock ticks. */
static guint64
get_ticks (const Served *volume)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", volume->pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  fields = g_strsplit (strrchr (text, ')') + 2, " ", -1);
  return g_ascii_strtoull (fields[11], NULL, 10) + g_ascii_strtoull (fields[12], NULL, 10);
}

static void
at_rest_it_uses_no_time (void **state)
{
  Ground *ground = *state;
  guint64 before;

  if (!ground_begin (ground, NULL))
    skip ();
  assert_int_equal (ask (ground->fd), 0);
  before = get_ticks (&ground->served.volume);
  g_usleep (OUTAGE_USEC);
  assert_true (get_ticks (&ground->served.volume) - before <= 1);
}

static void
an_outage_is_waited_for_and_not_spun_through (void **state)
{
  Ground *ground = *state;
  guint64 before;
  pid_t child;
  int said;

  child = ask_when_gone (ground, &said);
  before = get_ticks (&ground->served.volume);
  assert_false (is_said (said, (int) (OUTAGE_USEC / 1000)));
  /* A tenth of the time is far more than the attempts take, and far less than a loop does. */
  assert_true (get_ticks (&ground->served.volume) - before
               <= (guint64) OUTAGE_USEC * (guint64) sysconf (_SC_CLK_TCK) / G_USEC_PER_SEC / 10);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (child, said);
}

static void
a_server_that_answers_again_is_found_in_two_seconds (void **state)
{
  Ground *ground = *state;
  gint64 answered;
  pid_t child;
  int said;

  child = ask_when_gone (ground, &said);
  /* Long enough for the longest pause between attempts. */
  assert_false (is_said (said, (int) (OUTAGE_USEC / 1000)));
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  answered = g_get_monotonic_time ();
  assert_answered (child, said);
  answered = g_get_monotonic_time () - answered;
  print_message ("# %.2f s after the server answered\n", (double) answered / G_TIME_SPAN_SECOND);
  /* Two seconds, and room for a machine that has other things to do. */
  assert_true (answered < 4 * G_TIME_SPAN_SECOND);
}

/* ---- names ---- */

static void
say_where (const char *hosts, const char *address)
{
  g_autofree char *line = g_strdup_printf ("%s %s\n", address, NAME);
  KVOL_AUTO_FD fd = open (hosts, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  assert_true (fd >= 0 && write (fd, line, strlen (line)) == (ssize_t) strlen (line));
}

/* Whether somebody here is connected to the NFS port of this address, as /proc has it. */
static gboolean
is_connected_to (const char *address)
{
  g_autofree char *text = NULL;
  g_autofree char *peer = g_strdup_printf ("%s:%04X 01 ", address, NFS_PORT);

  assert_true (g_file_get_contents ("/proc/self/net/tcp", &text, NULL, NULL));
  return strstr (text, peer) != NULL;
}

static void
a_server_that_has_moved_is_found_by_its_name (void **state)
{
  static const char *const by_name[] = { "--server=" NAME, "--ipv4", NULL };
  g_autofree char *dir = scratch_dir ("etc");
  g_autofree char *hosts = g_build_filename (dir, "hosts", NULL);
  Ground *ground = *state;
  pid_t child;
  int said;

  say_where (hosts, "127.0.0.7");
  assert_int_equal (mount (hosts, "/etc/hosts", NULL, MS_BIND, NULL), 0);
  if (!ground_begin (ground, by_name))
    {
      umount2 ("/etc/hosts", MNT_DETACH);
      skip ();
    }
  assert_true (is_connected_to ("0700007F"));
  assert_true (nfs_server_kill (ground->served.export.server, NULL));
  say_where (hosts, "127.0.0.8");
  child = ask_apart (ground, &said);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (child, said);
  assert_false (is_connected_to ("0700007F"));
  assert_true (is_connected_to ("0800007F"));
  assert_int_equal (umount2 ("/etc/hosts", MNT_DETACH), 0);
}

/* ---- what NFS 3 does not have ---- */

static void
what_nfs_does_not_have_is_not_supported (void **state)
{
  Ground *ground = *state;
  char value[16];

  if (!ground_begin (ground, NULL))
    skip ();
  /* Asked twice: the kernel remembers the first answer. */
  for (int i = 0; i < 2; i++)
    {
      assert_int_equal (fsetxattr (ground->fd, "user.key", "value", 5, 0), -1);
      assert_int_equal (errno, EOPNOTSUPP);
      assert_int_equal (fgetxattr (ground->fd, "user.key", value, sizeof value), -1);
      assert_int_equal (errno, EOPNOTSUPP);
      assert_int_equal (fremovexattr (ground->fd, "user.key"), -1);
      assert_int_equal (errno, EOPNOTSUPP);
      assert_int_equal (fallocate (ground->fd, 0, 0, 1 << 20), -1);
      assert_int_equal (errno, EOPNOTSUPP);
      assert_int_equal (fallocate (ground->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), -1);
      assert_int_equal (errno, EOPNOTSUPP);
    }
  /* Listing them says that there are none, or that there cannot be any. */
  assert_true (flistxattr (ground->fd, value, sizeof value) == 0 || errno == EOPNOTSUPP);
  assert_int_equal (ask (ground->fd), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, a_soft_request_fails_when_its_time_is_up),
    TEST_ON (ground, a_hard_request_waits_until_the_server_is_back),
    TEST_ON (ground, one_who_waits_can_be_killed),
    TEST_ON (ground, one_who_waits_can_be_interrupted),
    TEST_ON (ground, at_rest_it_uses_no_time),
    TEST_ON (ground, an_outage_is_waited_for_and_not_spun_through),
    TEST_ON (ground, a_server_that_answers_again_is_found_in_two_seconds),
    TEST_ON (ground, a_server_that_has_moved_is_found_by_its_name),
    TEST_ON (ground, what_nfs_does_not_have_is_not_supported),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      print_message ("ok - nfs outage # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("nfs outage", tests, NULL, NULL);
}

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
#include <sys/file.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/etc-file.h"
#include "support/name-server.h"
#include "support/scratch.h"

#define NAME "files.test"
/* One question, and time for its answer. */
#define ONE_NAME_SERVER "nameserver 127.0.0.1\noptions attempts:1 timeout:30\n"
/* Longer than a connection is waited for. */
#define SLOW_MSEC 5000
/* How long an outage lasts that nobody is to waste time in. */
#define OUTAGE_USEC (3 * G_TIME_SPAN_SECOND)

typedef struct
{
  ServedGround served;
  int fd; /* of a file that was there before */
  EtcFile hosts;
  EtcFile resolv;
  NameServer names;
} Ground;

static const char *const by_name[] = { "--server=" NAME, "--ipv4", NULL };

/* The server has the names of the machine: it is started before others are made up. */
static void
ground_export (Ground *self, gboolean locks)
{
  self->fd = -1;
  if (!served_export_open (&self->served.export, locks))
    skip ();
}

static void
ground_serve (Ground *self, const char *const *more)
{
  g_autofree char *path = NULL;

  served_start (&self->served.volume, more);
  path = g_build_filename (self->served.volume.path, "file", NULL);
  assert_true (g_file_set_contents (path, "content", -1, NULL));
  self->fd = open (path, O_RDWR | O_CLOEXEC);
  assert_true (self->fd >= 0);
}

static void
ground_begin (Ground *self, const char *const *more)
{
  ground_export (self, FALSE);
  ground_serve (self, more);
}

static void
ground_clear (Ground *self)
{
  const gboolean is_open = self->served.export.data != NULL;

  /* Who closes the file may have to wait for the server, as long as there is a volume. */
  served_ground_clear (&self->served);
  if (is_open)
    kvol_clear_fd (&self->fd);
  name_server_clear (&self->names);
  etc_file_clear (&self->resolv);
  etc_file_clear (&self->hosts);
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
  ground_begin (self, NULL);
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

  ground_begin (ground, soft);
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

  ground_begin (ground, NULL);
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

  ground_begin (ground, NULL);
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
  Ground *ground = *state;
  pid_t child;
  int said;

  ground_export (ground, FALSE);
  etc_file_begin (&ground->hosts, "/etc/hosts", "127.0.0.7 " NAME "\n");
  ground_serve (ground, by_name);
  assert_true (is_connected_to ("0700007F"));
  assert_true (nfs_server_kill (ground->served.export.server, NULL));
  etc_file_write (&ground->hosts, "127.0.0.8 " NAME "\n");
  child = ask_apart (ground, &said);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (child, said);
  assert_false (is_connected_to ("0700007F"));
  assert_true (is_connected_to ("0800007F"));
}

/* Of two that are there the system says which comes first: here it is the one that is nearer to where it is called
 * from. */
static void
of_several_addresses_the_first_is_called_first (void **state)
{
  Ground *ground = *state;

  ground_export (ground, FALSE);
  etc_file_begin (&ground->hosts, "/etc/hosts", "127.0.0.7 " NAME "\n127.0.0.8 " NAME "\n");
  ground_serve (ground, by_name);
  assert_true (is_connected_to ("0700007F"));
  assert_false (is_connected_to ("0800007F"));
}

/* The first of two name servers that is gone takes five seconds. */
static void
a_name_server_that_is_slow_is_waited_for (void **state)
{
  Ground *ground = *state;

  ground_export (ground, FALSE);
  etc_file_begin (&ground->resolv, "/etc/resolv.conf", ONE_NAME_SERVER);
  name_server_start (&ground->names, "127.0.0.7", SLOW_MSEC);
  ground_serve (ground, by_name);
  assert_true (is_connected_to ("0700007F"));
}

static gboolean
has_thread (pid_t pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", pid);
  g_autoptr (GDir) threads = g_dir_open (path, 0, NULL);
  const char *thread;
  gboolean has = FALSE;

  assert_non_null (threads);
  while (!has && (thread = g_dir_read_name (threads)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, thread, "comm", NULL);
      g_autofree char *text = NULL;

      has = g_file_get_contents (file, &text, NULL, NULL) && g_str_equal (g_strchomp (text), name);
    }
  return has;
}

/* It is called where it was by the time that the name server has its answer: that is of then, and not of the next
 * time. */
static void
an_answer_that_was_not_waited_for_is_not_of_another_outage (void **state)
{
  static const char *const by_address[] = { "--server=" NAME, "--address=127.0.0.9", "--ipv4", NULL };
  Ground *ground = *state;
  pid_t child;
  int said;

  ground_export (ground, FALSE);
  etc_file_begin (&ground->hosts, "/etc/hosts", "");
  etc_file_begin (&ground->resolv, "/etc/resolv.conf", ONE_NAME_SERVER);
  name_server_start (&ground->names, "127.0.0.7", SLOW_MSEC);
  ground_serve (ground, by_address);
  assert_true (is_connected_to ("0900007F"));
  while (has_thread (ground->served.volume.pid, "resolve"))
    g_usleep (G_TIME_SPAN_MILLISECOND * 10);
  assert_true (nfs_server_kill (ground->served.export.server, NULL));
  etc_file_write (&ground->hosts, "127.0.0.8 " NAME "\n");
  child = ask_apart (ground, &said);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (child, said);
  assert_false (is_connected_to ("0700007F"));
  assert_true (is_connected_to ("0800007F"));
}

static void
a_server_whose_name_is_not_known_any_more_is_found_where_it_was (void **state)
{
  Ground *ground = *state;
  pid_t child;
  int said;

  ground_export (ground, FALSE);
  etc_file_begin (&ground->hosts, "/etc/hosts", "127.0.0.7 " NAME "\n");
  etc_file_begin (&ground->resolv, "/etc/resolv.conf", ONE_NAME_SERVER);
  name_server_start (&ground->names, NULL, 0);
  ground_serve (ground, by_name);
  assert_true (nfs_server_kill (ground->served.export.server, NULL));
  etc_file_write (&ground->hosts, "");
  child = ask_apart (ground, &said);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (child, said);
  assert_true (is_connected_to ("0700007F"));
}

/* As the plugin starts it, which has just asked the server. */
static void
where_the_server_was_before_is_enough_for_files_and_locks (void **state)
{
  static const char *const by_address[] = { "--server=" NAME, "--address=127.0.0.7", "--server-locks=all", NULL };
  Ground *ground = *state;

  ground_export (ground, TRUE);
  etc_file_begin (&ground->resolv, "/etc/resolv.conf", ONE_NAME_SERVER);
  name_server_start (&ground->names, NULL, 0);
  ground_serve (ground, by_address);
  assert_true (is_connected_to ("0700007F"));
  assert_int_equal (flock (ground->fd, LOCK_EX), 0);
}

/* ---- what NFS 3 does not have ---- */

static void
what_nfs_does_not_have_is_not_supported (void **state)
{
  Ground *ground = *state;
  char value[16];

  ground_begin (ground, NULL);
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
    TEST_ON (ground, of_several_addresses_the_first_is_called_first),
    TEST_ON (ground, a_name_server_that_is_slow_is_waited_for),
    TEST_ON (ground, an_answer_that_was_not_waited_for_is_not_of_another_outage),
    TEST_ON (ground, a_server_whose_name_is_not_known_any_more_is_found_where_it_was),
    TEST_ON (ground, where_the_server_was_before_is_enough_for_files_and_locks),
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

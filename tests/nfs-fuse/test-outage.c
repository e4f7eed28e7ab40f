/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that is gone for a while, seen from within the volume: who waits, for how long, at which cost; and what NFS
 * does not have. */
#include "nfs-fuse/served.h"

#include <arpa/inet.h>
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
#include "support/own-net.h"
#include "support/proc.h"

#define NAME "files.test"
#define FIRST "127.0.0.7"
#define SECOND "127.0.0.8"
#define FIRST_HOST FIRST " " NAME "\n"
#define SECOND_HOST SECOND " " NAME "\n"
/* One question, and time for its answer. */
#define ONE_NAME_SERVER "nameserver 127.0.0.1\noptions attempts:1 timeout:30\n"
/* Longer than a connection is waited for. */
#define SLOW_MSEC 5000
/* How long an outage lasts that nobody is to waste time in. */
#define OUTAGE_USEC (3 * G_TIME_SPAN_SECOND)
/* After so long the server is found again, with room for a machine that has other things to do; one that has many may
 * need another outage for that. */
#define FOUND_USEC (4 * G_TIME_SPAN_SECOND)
#define OUTAGES_MOST 8

typedef struct
{
  ServedGround served;
  int fd;      /* of a file that was there before */
  pid_t child; /* who asks; 0: nobody */
  int said;    /* and says what has come of it: an errno */
  EtcFile hosts;
  EtcFile resolv;
  NameServer names;
} Ground;

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
  served_start (&self->served.volume, more);
  served_put_file (&self->served.volume, "file", "content");
  self->fd = served_open_file (&self->served.volume, "file", O_RDWR);
}

static void
ground_open (Ground *self, const char *const *more)
{
  ground_export (self, FALSE);
  ground_serve (self, more);
}

static void
ground_clear (Ground *self)
{
  if (self->served.export.data == NULL)
    return;
  /* Who closes the file, or asks still as the test has failed, may have to wait for the server, as long as there is a
   * volume. */
  served_ground_clear (&self->served);
  if (self->child != 0)
    {
      waitpid (self->child, NULL, 0);
      close (self->said);
    }
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

/* A child that asks once. */
static void
begin_asking (Ground *self)
{
  int ends[2];

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  self->child = fork ();
  if (self->child == 0)
    {
      int failure;

      for (int i = 0; i < NSIG; i++)
        signal (i, SIG_DFL);
      failure = ask (self->fd);
      _exit (write (ends[1], &failure, sizeof failure) == sizeof failure ? 0 : 1);
    }
  close (ends[1]);
  self->said = ends[0];
}

/* Answers how it has ended. */
static int
end_asking (Ground *self)
{
  int status;

  assert_int_equal (waitpid (self->child, &status, 0), self->child);
  self->child = 0;
  close (self->said);
  return status;
}

/* Or the child has ended: the other end of the pipe is its alone. */
static gboolean
is_said (const Ground *self, int msec)
{
  struct pollfd ready = { .fd = self->said, .events = POLLIN };

  return poll (&ready, 1, msec) > 0;
}

static void
assert_answered (Ground *self)
{
  int failure = -1;

  assert_true (is_said (self, 30000));
  assert_int_equal (read (self->said, &failure, sizeof failure), sizeof failure);
  assert_int_equal (failure, 0);
  assert_int_equal (end_asking (self), 0);
}

/* The server is gone before it is asked. */
static void
ask_when_gone (Ground *self)
{
  ground_open (self, NULL);
  assert_true (nfs_server_kill (self->served.export.server, NULL));
  begin_asking (self);
}

static void
assert_answered_when_back (Ground *self)
{
  assert_true (nfs_server_restart (self->served.export.server, NULL));
  assert_answered (self);
}

/* ---- soft and hard ---- */

static void
a_soft_request_fails_when_its_time_is_up (void **state)
{
  static const char *const soft[] = { "--soft=0.5", NULL };
  Ground *ground = *state;
  gint64 began;
  int failure;

  ground_open (ground, soft);
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

  ask_when_gone (ground);
  assert_false (is_said (ground, 1500));
  assert_answered_when_back (ground);
}

/* ---- interruption ---- */

static void
one_who_waits_can_be_ended_by (Ground *ground, int number)
{
  int status;

  ground_open (ground, NULL);
  assert_true (nfs_server_freeze (ground->served.export.server, NULL));
  begin_asking (ground);
  assert_false (is_said (ground, 300));
  assert_int_equal (kill (ground->child, number), 0);
  assert_true (is_said (ground, 30000));
  status = end_asking (ground);
  assert_true (WIFSIGNALED (status) && WTERMSIG (status) == number);
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
  g_autofree char *dir = g_strdup_printf ("/proc/%d", volume->pid);
  g_auto (GStrv) fields = proc_read_stat (dir);

  return g_ascii_strtoull (fields[11], NULL, 10) + g_ascii_strtoull (fields[12], NULL, 10);
}

static void
at_rest_it_uses_no_time (void **state)
{
  Ground *ground = *state;
  guint64 before;

  ground_open (ground, NULL);
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

  ask_when_gone (ground);
  before = get_ticks (&ground->served.volume);
  assert_false (is_said (ground, (int) (OUTAGE_USEC / 1000)));
  /* A tenth of the time is far more than the attempts take, and far less than a loop does. */
  assert_true (get_ticks (&ground->served.volume) - before
               <= (guint64) OUTAGE_USEC * (guint64) sysconf (_SC_CLK_TCK) / G_USEC_PER_SEC / 10);
  assert_answered_when_back (ground);
}

/* How long after the server is back. */
static gint64
measure_outage (Ground *self)
{
  gint64 answered;

  assert_true (nfs_server_kill (self->served.export.server, NULL));
  begin_asking (self);
  /* Long enough for the longest pause between attempts. */
  assert_false (is_said (self, (int) (OUTAGE_USEC / 1000)));
  assert_true (nfs_server_restart (self->served.export.server, NULL));
  answered = g_get_monotonic_time ();
  assert_answered (self);
  answered = g_get_monotonic_time () - answered;
  print_message ("# %.2f s after the server answered\n", (double) answered / G_TIME_SPAN_SECOND);
  return answered;
}

static void
a_server_that_answers_again_is_found_in_two_seconds (void **state)
{
  Ground *ground = *state;
  gboolean found = FALSE;

  ground_open (ground, NULL);
  for (int i = 0; i < OUTAGES_MOST && !found; i++)
    found = measure_outage (ground) < FOUND_USEC;
  assert_true (found);
}

/* ---- names ---- */

/* Whether somebody here is connected to the NFS port of this address. */
static gboolean
is_connected_to (const char *address)
{
  g_autofree char *text = NULL;
  g_autofree char *peer = g_strdup_printf ("%08X:%04X 01 ", inet_addr (address), NFS_PORT);

  assert_true (g_file_get_contents ("/proc/self/net/tcp", &text, NULL, NULL));
  return strstr (text, peer) != NULL;
}

/* How the server is found at FIRST. */
typedef struct
{
  const char *const *arguments;
  const char *hosts;  /* what is in /etc/hosts; NULL: what has been there */
  gboolean asks;      /* whether there is a name server, one and no other, */
  const char *answer; /* and what it says; NULL: nothing, ever */
  gboolean locks;
} Way;

static const char *const by_name[] = { "--server=" NAME, "--ipv4", NULL };

/* The server has the names of the machine: it is started before others are made up. */
static void
ground_open_by (Ground *self, const Way *way)
{
  ground_export (self, way->locks);
  if (way->hosts != NULL)
    etc_file_begin (&self->hosts, "/etc/hosts", way->hosts);
  if (way->asks)
    {
      etc_file_begin (&self->resolv, "/etc/resolv.conf", ONE_NAME_SERVER);
      name_server_start (&self->names, way->answer, SLOW_MSEC);
    }
  ground_serve (self, way->arguments);
  assert_true (is_connected_to (FIRST));
}

/* The server goes and comes back, and /etc/hosts says otherwise meanwhile. */
static void
assert_found_again (Ground *self, const char *hosts)
{
  assert_true (nfs_server_kill (self->served.export.server, NULL));
  etc_file_write (&self->hosts, hosts);
  begin_asking (self);
  assert_answered_when_back (self);
}

static void
a_server_that_has_moved_is_found_by_its_name (void **state)
{
  static const Way by_hosts = { by_name, .hosts = FIRST_HOST };
  Ground *ground = *state;

  ground_open_by (ground, &by_hosts);
  assert_found_again (ground, SECOND_HOST);
  assert_false (is_connected_to (FIRST));
  assert_true (is_connected_to (SECOND));
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
  assert_true (is_connected_to (FIRST));
  assert_false (is_connected_to (SECOND));
}

/* The first of two name servers that is gone takes five seconds. */
static void
a_name_server_that_is_slow_is_waited_for (void **state)
{
  static const Way by_question = { by_name, .asks = TRUE, .answer = FIRST };

  ground_open_by (*state, &by_question);
}

/* It is called where it was by the time that the name server has its answer: that is of then, and not of the next
 * time. */
static void
an_answer_that_was_not_waited_for_is_not_of_another_outage (void **state)
{
  static const char *const by_address[] = { "--server=" NAME, "--address=127.0.0.9", "--ipv4", NULL };
  Ground *ground = *state;

  ground_export (ground, FALSE);
  etc_file_begin (&ground->hosts, "/etc/hosts", "");
  etc_file_begin (&ground->resolv, "/etc/resolv.conf", ONE_NAME_SERVER);
  name_server_start (&ground->names, "127.0.0.7", SLOW_MSEC);
  ground_serve (ground, by_address);
  assert_true (is_connected_to ("127.0.0.9"));
  while (proc_has_thread (ground->served.volume.pid, "resolve"))
    g_usleep (G_TIME_SPAN_MILLISECOND * 10);
  assert_true (nfs_server_kill (ground->served.export.server, NULL));
  etc_file_write (&ground->hosts, "127.0.0.8 " NAME "\n");
  begin_asking (ground);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  assert_answered (ground);
  assert_false (is_connected_to (FIRST));
  assert_true (is_connected_to (SECOND));
}

static void
a_server_whose_name_is_not_known_any_more_is_found_where_it_was (void **state)
{
  static const Way by_hosts_alone = { by_name, .hosts = FIRST_HOST, .asks = TRUE };
  Ground *ground = *state;

  ground_open_by (ground, &by_hosts_alone);
  assert_found_again (ground, "");
  assert_true (is_connected_to (FIRST));
}

/* As the plugin starts it, which has just asked the server. */
static void
where_the_server_was_before_is_enough_for_files_and_locks (void **state)
{
  static const char *const arguments[] = { "--server=" NAME, "--address=" FIRST, "--server-locks=all", NULL };
  static const Way by_address = { arguments, .asks = TRUE, .locks = TRUE };
  Ground *ground = *state;

  ground_open_by (ground, &by_address);
  assert_int_equal (flock (ground->fd, LOCK_EX), 0);
}

/* ---- what NFS 3 does not have ---- */

static void
what_nfs_does_not_have_is_not_supported (void **state)
{
  Ground *ground = *state;
  char value[16];

  ground_open (ground, NULL);
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

  return own_net_run ("nfs outage", tests);
}

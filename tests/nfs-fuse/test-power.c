/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server whose machine has no power for a while: nothing tells that it is gone, nothing refuses who calls, nothing
 * tells that it is back. */
#include "nfs-fuse/served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/etc-file.h"
#include "support/own-net.h"

#define NAME "files.test"
#define FIRST "127.0.0.7"
/* After this one TCP would ask again after another twelve seconds. */
#define OUTAGE_USEC (13 * G_TIME_SPAN_SECOND)
/* Two seconds, and room for a machine that has other things to do. */
#define STALL_USEC (10 * G_TIME_SPAN_SECOND)
/* The shortest of many: a loaded machine lengthens them, and not all. */
#define PAUSE_USEC (3500 * G_TIME_SPAN_MILLISECOND)

/* One a second, and a few at the beginning. */
#define ATTEMPTS_MOST 18
/* In this time a server that is frozen has been sent what it takes, also on a busy machine. */
#define FREEZE_USEC (60 * G_TIME_SPAN_SECOND)
/* More than it takes. */
#define MUCH (1024 * 1024)

/* ---- who is called ---- */

typedef struct
{
  in_addr_t address;
  guint32 number; /* that TCP begins with */
  gint64 when;
} Attempt;

/* Each packet that comes to this machine from now on, with the time when it came. */
static int
tap_open (void)
{
  const int on = 1;
  KVOL_AUTO_FD fd = socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

  assert_true (fd >= 0);
  assert_int_equal (setsockopt (fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on), 0);
  return g_steal_fd (&fd);
}

typedef struct
{
  struct iphdr ip; /* nobody here gives it options */
  struct tcphdr tcp;
} Packet;

static gint64
tap_read (int fd, Packet *ret_packet)
{
  struct iovec to = { ret_packet, sizeof *ret_packet };
  union
  {
    struct cmsghdr head;
    char room[CMSG_SPACE (sizeof (struct timeval))];
  } control;
  struct msghdr message = {
    .msg_iov = &to, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  struct timeval when;

  assert_int_equal (recvmsg (fd, &message, 0), sizeof *ret_packet);
  assert_int_equal (control.head.cmsg_type, SCM_TIMESTAMP);
  memcpy (&when, CMSG_DATA (&control.head), sizeof when);
  return when.tv_sec * G_USEC_PER_SEC + when.tv_usec;
}

/* A call that TCP makes again begins with the same number. */
static void
look (GArray *attempts, int fd, guint16 port)
{
  const Attempt *last = attempts->len > 0 ? &g_array_index (attempts, Attempt, attempts->len - 1) : NULL;
  Packet packet;
  const gint64 when = tap_read (fd, &packet);
  const Attempt found = { packet.ip.daddr, packet.tcp.seq, when };

  if (!packet.tcp.syn || packet.tcp.ack || packet.tcp.dest != htons (port)
      || (last != NULL && last->number == found.number))
    return;
  g_array_append_val (attempts, found);
}

static GArray *
watch (guint16 port, gint64 usec)
{
  const gint64 end = g_get_monotonic_time () + usec;
  GArray *attempts = g_array_new (FALSE, FALSE, sizeof (Attempt));
  KVOL_AUTO_FD fd = tap_open ();
  GPollFD come = { .fd = fd, .events = G_IO_IN };

  for (gint64 left = usec; left > 0; left = end - g_get_monotonic_time ())
    if (g_poll (&come, 1, (int) (left / G_TIME_SPAN_MILLISECOND)) > 0)
      look (attempts, fd, port);
  return attempts;
}

/* Each second call is to where it was, and the others have each their turn. Answers the shortest time between two calls
 * to where it was. */
static gint64
judge (const GArray *attempts, guint n_others)
{
  g_autoptr (GHashTable) others = g_hash_table_new (NULL, NULL);
  const Attempt *known = NULL;
  gint64 shortest = G_MAXINT64;

  assert_true (attempts->len < ATTEMPTS_MOST);
  for (guint i = 0; i < attempts->len; i++)
    {
      const Attempt *attempt = &g_array_index (attempts, Attempt, i);

      if (attempt->address != inet_addr (FIRST))
        {
          g_hash_table_add (others, GUINT_TO_POINTER (attempt->address));
          assert_true (i + 1 == attempts->len || attempt[1].address == inet_addr (FIRST));
          continue;
        }
      if (known != NULL)
        shortest = MIN (shortest, attempt->when - known->when);
      known = attempt;
    }
  assert_int_equal (g_hash_table_size (others), n_others);
  return shortest;
}

/* ---- what there is to be heard of it ---- */

/* As /proc/net/tcp has it. */
typedef enum
{
  TCP_TIMER_ALIVE = 2, /* all is acknowledged */
  TCP_TIMER_ROOM = 4,  /* there is no room for more */
} TcpTimer;

/* Whether the server has something to read, and its client waits for no more than this. */
static gboolean
is_stopped (guint16 port, TcpTimer timer)
{
  g_autofree char *own = NULL;
  g_autofree char *others = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean held = FALSE;
  gboolean waits = FALSE;

  assert_true (g_file_get_contents ("/proc/self/net/tcp", &own, NULL, NULL));
  /* A server of both families has all that is its in there, if there is IPv6 here. */
  g_file_get_contents ("/proc/self/net/tcp6", &others, NULL, NULL);
  text = g_strconcat (own, others, NULL);
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      guint from;
      guint to;
      guint unread;
      guint running;

      if (sscanf (*line, " %*d: %*[^:]:%4x %*[^:]:%4x 01 %*8x:%8x %2x", &from, &to, &unread, &running) != 4)
        continue;
      held = held || (from == port && unread > 0);
      waits = waits || (to == port && running == timer);
    }
  return held && waits;
}

/* ---- who waits ---- */

typedef struct
{
  const char *name;
  const char *arguments[6];
  const char *hosts; /* what is in /etc/hosts; NULL: what has been there */
  guint n_others;    /* addresses that are called in vain */
  gboolean locks;    /* it is a lock that is asked for */
  guint16 port;
  gsize size;       /* of what is written */
  TcpTimer stopped; /* the server does not answer before, which leaves TCP with this one; 0: it does */
} Outage;

typedef struct
{
  const Outage *row;
  ServedGround served;
  EtcFile hosts;
  int fd;          /* of a file that was there before */
  GThread *waiter; /* NULL: nobody asks */
} Ground;

/* It waits for the server as long as there is a volume. */
static void
ground_clear (Ground *self)
{
  served_ground_clear (&self->served);
  if (self->waiter != NULL)
    g_thread_join (self->waiter);
  if (self->fd > 0)
    kvol_clear_fd (&self->fd);
  etc_file_clear (&self->hosts);
}
TEST_ROW_STATE (Ground, ground)

static gpointer
ask (gpointer data)
{
  const Ground *self = data;
  const gsize size = self->row->size;
  g_autofree char *text = g_strnfill (size, 'C');
  const gboolean good =
      self->row->locks ? flock (self->fd, LOCK_EX) == 0 : pwrite (self->fd, text, size, 0) == (gssize) size;

  return GINT_TO_POINTER (good ? 0 : errno);
}

static int
answer (Ground *self)
{
  return GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->waiter)));
}

/* Whoever asks has asked before, over the same connection. */
static void
ground_open (Ground *self)
{
  if (!served_export_open (&self->served.export, self->row->locks))
    skip ();
  if (self->row->hosts != NULL)
    etc_file_begin (&self->hosts, "/etc/hosts", self->row->hosts);
  served_start (&self->served.volume, self->row->arguments);
  served_put_file (&self->served.volume, "file", "content");
  self->fd = served_open_file (&self->served.volume, "file", O_RDWR);
  if (self->row->locks)
    assert_int_equal (flock (self->fd, LOCK_SH), 0);
}

/* Somebody asks a server that does not answer, and TCP has done what it can. */
static void
ask_frozen (Ground *self)
{
  const gint64 limit = g_get_monotonic_time () + FREEZE_USEC;

  assert_true (nfs_server_freeze (self->served.export.server, NULL));
  self->waiter = g_thread_new ("waiter", ask, self);
  while (!is_stopped (self->row->port, self->row->stopped))
    {
      assert_true (g_get_monotonic_time () < limit);
      g_usleep (G_TIME_SPAN_MILLISECOND);
    }
}

static void
cut_power (Ground *self)
{
  if (self->row->stopped != 0)
    ask_frozen (self);
  assert_true (nfs_server_unplug (self->served.export.server, NULL));
  if (self->waiter == NULL)
    self->waiter = g_thread_new ("waiter", ask, self);
}

static void
a_server_that_has_power_again_is_met_soon (void **state)
{
  Ground *ground = *state;
  const Outage *row = ground->row;
  g_autoptr (GArray) attempts = NULL;
  gint64 stall;

  ground_open (ground);
  cut_power (ground);
  attempts = watch (row->port, OUTAGE_USEC);
  assert_true (judge (attempts, row->n_others) < PAUSE_USEC);
  assert_true (nfs_server_restart (ground->served.export.server, NULL));
  stall = g_get_monotonic_time ();
  assert_int_equal (answer (ground), 0);
  stall = g_get_monotonic_time () - stall;
  print_message ("# %.2f s after the server was back\n", (double) stall / G_USEC_PER_SEC);
  assert_true (stall < STALL_USEC);
}

static void
one_that_has_power_and_takes_its_time_is_not_called_anew (void **state)
{
  Ground *ground = *state;
  g_autoptr (GArray) attempts = NULL;

  ground_open (ground);
  ask_frozen (ground);
  attempts = watch (ground->row->port, OUTAGE_USEC);
  assert_int_equal (attempts->len, 0);
  assert_true (nfs_server_thaw (ground->served.export.server, NULL));
  assert_int_equal (answer (ground), 0);
}

int
main (void)
{
  static const Outage outages[] = {
    { .name = "a_server_that_has_power_again_is_met_soon",
      .arguments = { "--server=" FIRST },
      .port = NFS_PORT,
      .size = 1 },
    { .name = "so_is_one_whose_other_addresses_are_silent",
      .arguments = { "--server=" NAME, "--ipv4" },
      .hosts = FIRST " " NAME "\n127.0.0.8 " NAME "\n127.0.0.9 " NAME "\n",
      .n_others = 2,
      .port = NFS_PORT,
      .size = 1 },
    { .name = "so_is_one_that_had_no_room_for_more",
      .arguments = { "--server=" FIRST },
      .port = NFS_PORT,
      .size = MUCH,
      .stopped = TCP_TIMER_ROOM },
    { .name = "so_is_its_lock_manager",
      .arguments = { "--server=" FIRST, "--server-locks=all" },
      .locks = TRUE,
      .port = NFS_LOCK_PORT },
    { .name = "so_is_one_that_had_been_asked_for_a_lock",
      .arguments = { "--server=" FIRST, "--server-locks=all" },
      .locks = TRUE,
      .port = NFS_LOCK_PORT,
      .stopped = TCP_TIMER_ALIVE },
  };
  static const Outage slow = { .name = "one_that_has_power_and_takes_its_time_is_not_called_anew",
                               .arguments = { "--server=" FIRST },
                               .port = NFS_PORT,
                               .size = MUCH,
                               .stopped = TCP_TIMER_ROOM };
  struct CMUnitTest tests[G_N_ELEMENTS (outages) + 1];

  for (gsize i = 0; i < G_N_ELEMENTS (outages); i++)
    tests[i] = (struct CMUnitTest) TEST_ON_ROW (ground, &outages[i], a_server_that_has_power_again_is_met_soon);
  tests[G_N_ELEMENTS (outages)] =
      (struct CMUnitTest) TEST_ON_ROW (ground, &slow, one_that_has_power_and_takes_its_time_is_not_called_anew);
  return own_net_run ("nfs power", tests);
}

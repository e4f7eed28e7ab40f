/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Large writes on a connection whose other end is the test, and the rooms that they are kept in. Their pages are lent:
 * whatever is put there while the connection has them is what the server gets. So a room is used again when the write
 * has been answered, and not before, and never when the connection ends before that. */
#include "rooms.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-fuse/large.h"
#include "nfs-fuse/wire-rig.h"
#include "operations.h"
#include "page-pipe.h"

#define HEAD (sizeof (struct fuse_in_header) + sizeof (struct fuse_write_in)) /* before what is written */
#define MOST OPERATIONS_TRANSFER_MAX
#define N_WRITES 120
#define AT_ONCE 16
#define MOUTHFUL 50000
#define PATIENCE_MSEC 30000

typedef struct
{
  gsize size;
  guint32 seed;
  gboolean answered;
} Write;

typedef struct
{
  WireRig *wire;
  struct rlimit files;
} Rig;

static void
answered (gpointer question, gpointer result)
{
  Write *write = question;

  assert_false (write->answered);
  write->answered = TRUE;
}

static int
open_rig (void **state)
{
  Rig *self = g_new0 (Rig, 1);

  wire_rig_open ((void **) &self->wire);
  wire_rig_disconnect (self->wire);
  wire_rig_connect_by_tcp (self->wire, answered);
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &self->files), 0);
  *state = self;
  return 0;
}

static int
close_rig (void **state)
{
  Rig *self = *state;

  setrlimit (RLIMIT_NOFILE, &self->files);
  wire_rig_close ((void **) &self->wire);
  g_free (self);
  return 0;
}

/* ---- the client ---- */

static void
fill (char *bytes, gsize size, guint32 seed)
{
  guint32 word = seed * 2654435761u;

  for (gsize i = 0; i < size; i++)
    {
      word = word * 1664525 + 1013904223;
      bytes[i] = (char) (word >> 24);
    }
}

static char *
get_data (Room *room)
{
  return room_get_memory (room) + HEAD;
}

static void
ask_from (Rig *self, Write *write, Room *room, char *data, gsize size, guint32 seed)
{
  const WRITE3args args = {
    .file = { { 4, (char *) "root" } },
    .count = (count3) size,
    .stable = FILE_SYNC, /* which goes in one piece */
    .data = { (u_int) size, data },
  };

  *write = (Write){ .size = size, .seed = seed };
  fill (data, size, seed);
  assert_int_equal (wire_ask_write (self->wire->wire, &args, room, write), 0);
}

static void
ask_of_room (Rig *self, Write *write, Room *room, gsize size, guint32 seed)
{
  ask_from (self, write, room, get_data (room), size, seed);
}

/* Nobody but the connection keeps it. */
static void
ask (Rig *self, Write *write, gsize size, guint32 seed)
{
  g_autoptr (Room) room = rooms_take (self->wire->rooms);

  ask_of_room (self, write, room, size, seed);
}

/* ---- the server ---- */

/* The next few bytes of what was sent. */
static void
swallow (Rig *self)
{
  struct pollfd end = { .fd = self->wire->end, .events = POLLIN };
  static guint8 bytes[MOUTHFUL];
  gssize n;

  assert_int_equal (poll (&end, 1, PATIENCE_MSEC), 1);
  n = recv (self->wire->end, bytes, sizeof bytes, MSG_DONTWAIT);
  assert_true (n > 0);
  g_byte_array_append (self->wire->seen, bytes, (guint) n);
}

/* It says nothing else. */
static void
answer (Rig *self, const Write *write, guint32 xid)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autoptr (GByteArray) record = g_byte_array_new ();

  wire_rig_put_head (message, xid);
  wire_rig_put_record (record, message);
  assert_int_equal (send (self->wire->end, record->data, record->len, MSG_NOSIGNAL), record->len);
  while (!write->answered)
    {
      struct pollfd end = { .fd = self->wire->wire_end, .events = POLLIN };

      assert_int_equal (poll (&end, 1, PATIENCE_MSEC), 1);
      wire_receive (self->wire->wire);
      assert_false (wire_is_over (self->wire->wire));
    }
}

/* The next write is as it was when it was asked, or not all there. Its question; 0: that. */
static guint32
check (Rig *self, const Write *write)
{
  g_autofree char *wanted = g_malloc (write->size);
  const gsize padded = (write->size + 3) & ~(gsize) 3;
  GByteArray *seen = self->wire->seen;
  guint32 xid;
  const gsize length = wire_rig_get_question (self->wire, &xid);

  if (length == 0)
    return 0;
  fill (wanted, write->size, write->seed);
  assert_true (length > padded);
  assert_memory_equal (seen->data + length - padded, wanted, write->size);
  assert_memory_equal (seen->data + length - padded + write->size, "\0\0\0", padded - write->size);
  g_byte_array_remove_range (seen, 0, (guint) length);
  return xid;
}

static void
expect (Rig *self, const Write *write)
{
  guint32 xid;

  while ((xid = check (self, write)) == 0)
    {
      wire_flush (self->wire->wire);
      swallow (self);
    }
  answer (self, write, xid);
}

/* ---- what it gets ---- */

/* One in three is none that goes by its pages. */
static gsize
pick_size (GRand *rand)
{
  const guint most = g_rand_int_range (rand, 0, 3) == 0 ? PAGE_PIPE_WORTH : MOST + 1;

  return (gsize) g_rand_int_range (rand, 1, (gint) most);
}

/* It has much to read, and there is more to write all the time. */
static void
assert_each_arrives (Rig *self)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree Write *writes = g_new0 (Write, N_WRITES);
  guint n_asked = 0;

  for (guint i = 0; i < N_WRITES; i++)
    {
      for (; n_asked < MIN (i + AT_ONCE, N_WRITES); n_asked++)
        {
          ask (self, &writes[n_asked], pick_size (rand), n_asked);
          wire_flush (self->wire->wire);
        }
      expect (self, &writes[i]);
    }
  assert_int_equal (self->wire->seen->len, 0);
  assert_false (wire_is_full (self->wire->wire));
}

/* And none has been copied to the connection instead. */
static void
assert_each_arrives_by_pages (Rig *self)
{
  const guint n_pipes = large_count_pipes (getpid ());

  assert_each_arrives (self);
  assert_true (large_count_pipes (getpid ()) > n_pipes);
}

static void
a_slow_server_gets_each_write_as_it_was_asked (void **state)
{
  assert_each_arrives_by_pages (*state);
}

static void
so_it_does_where_a_little_goes_at_a_time (void **state)
{
  const int little = 4096;
  Rig *self = *state;

  wire_rig_disconnect (self->wire);
  wire_rig_connect (self->wire, answered);
  setsockopt (self->wire->wire_end, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  assert_each_arrives_by_pages (self);
}

static void
so_it_does_where_there_can_be_no_pipe (void **state)
{
  Rig *self = *state;
  const int next = dup (0);

  assert_true (next >= 0);
  close (next);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &(struct rlimit){ (rlim_t) next, self->files.rlim_max }), 0);
  assert_each_arrives (self);
}

/* As the rest of a write does of which the server took a part. It takes one place more than a pipe may have. */
static void
what_begins_between_pages_arrives (void **state)
{
  Rig *self = *state;
  g_autoptr (Room) room = rooms_take (self->wire->rooms);
  Write write;

  ask_from (self, &write, room, get_data (room) + 2000, MOST, 1);
  expect (self, &write);
}

/* To a file that is written to at its end only it is refused, and to a socket that is none; what was on its way in the
 * pipe is copied then, as the rest is, and what follows. */
static void
what_is_refused_midway_is_copied_from_there (void **state)
{
  const int little = 4096;
  Rig *self = *state;
  Write writes[2];

  wire_rig_disconnect (self->wire);
  wire_rig_connect (self->wire, answered);
  setsockopt (self->wire->wire_end, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  ask (self, &writes[0], MOST, 1);
  ask (self, &writes[1], MOST, 2);
  wire_flush (self->wire->wire);
  swallow (self);
  wire_flush (self->wire->wire);
  assert_int_equal (fcntl (self->wire->wire_end, F_SETFL, O_NONBLOCK | O_APPEND), 0);
  expect (self, &writes[0]);
  expect (self, &writes[1]);
}

/* ---- when a room is used again ---- */

/* Until the write is answered, though all of it has gone long since. */
static void
a_room_is_free_when_its_write_is_answered (void **state)
{
  Rig *self = *state;
  char *lent;
  Write write;

  for (guint32 seed = 0; seed < 3; seed++)
    {
      g_autoptr (Room) room = rooms_take (self->wire->rooms);
      g_autoptr (Room) next = NULL;
      guint32 xid;

      lent = get_data (room);
      ask_of_room (self, &write, room, MOST, seed);
      g_clear_pointer (&room, room_unref);
      while ((xid = check (self, &write)) == 0)
        {
          wire_flush (self->wire->wire);
          swallow (self);
        }
      assert_false (wire_is_full (self->wire->wire));
      assert_false (rooms_has_free (self->wire->rooms));
      answer (self, &write, xid);
      assert_true (rooms_has_free (self->wire->rooms));
      next = rooms_take (self->wire->rooms);
      assert_ptr_equal (get_data (next), lent);
    }
}

/* What it has of a write that it never answered. */
static gsize
read_rest (Rig *self, char *bytes, gsize most)
{
  gsize n = 0;
  gssize come;

  while ((come = recv (self->wire->end, bytes + n, most - n, 0)) > 0)
    n += (gsize) come;
  return n;
}

static void
what_a_server_reads_after_the_end_is_what_was_written (void **state)
{
  Rig *self = *state;
  g_autofree char *wanted = g_malloc (MOST);
  g_autofree char *found = g_malloc (2 * MOST);
  struct pollfd end = { .fd = self->wire->end, .events = POLLIN };
  Write write;
  gsize n;
  gsize head;

  ask (self, &write, MOST, 1);
  wire_flush (self->wire->wire);
  assert_int_equal (poll (&end, 1, PATIENCE_MSEC), 1);
  wire_free (self->wire->wire);
  for (guint32 seed = 2; seed < 6; seed++)
    {
      g_autoptr (Room) other = rooms_take (self->wire->rooms);

      fill (get_data (other), MOST, seed);
    }
  n = read_rest (self, found, 2 * MOST);
  fill (wanted, MOST, 1);
  for (head = 0; head < MIN (n, 256) && memcmp (found + head, wanted, MIN (n - head, 64)) != 0; head++)
    continue;
  assert_in_range (n, 64u * 1024, MOST + 256);
  assert_memory_equal (found + head, wanted, n - head);
  close (self->wire->end);
  wire_rig_reconnect (self->wire);
}

/* Over the next connection, from where it is kept. */
static void
what_was_lost_is_asked_again_from_the_same_room (void **state)
{
  Rig *self = *state;
  g_autoptr (Room) room = rooms_take (self->wire->rooms);
  Write lost;
  Write again;

  ask_of_room (self, &lost, room, MOST - 1, 1);
  wire_flush (self->wire->wire);
  wire_rig_disconnect (self->wire);
  wire_rig_connect_by_tcp (self->wire, answered);
  ask_of_room (self, &again, room, MOST - 1, 1);
  expect (self, &again);
  assert_false (lost.answered);
  g_clear_pointer (&room, room_unref);
  /* Somebody may have the pages still. */
  assert_false (rooms_has_free (self->wire->rooms));
}

/* Or small writes would take many times the memory that they are counted as. */
static void
rooms_are_not_plenty_for_ever (void **state)
{
  g_autoptr (GPtrArray) taken = g_ptr_array_new_with_free_func ((GDestroyNotify) room_unref);
  Rig *self = *state;

  while (rooms_are_plenty (self->wire->rooms))
    {
      assert_in_range (taken->len, 0, 1024);
      g_ptr_array_add (taken, rooms_take (self->wire->rooms));
    }
  assert_in_range (taken->len, 64, 1024);
  g_ptr_array_set_size (taken, 60);
  assert_true (rooms_are_plenty (self->wire->rooms));
}

/* What was copied to the connection is its own. */
static void
a_room_that_was_not_lent_is_free_at_once (void **state)
{
  Rig *self = *state;
  Write write;

  ask (self, &write, PAGE_PIPE_WORTH - 1, 1);
  wire_flush (self->wire->wire);
  assert_true (rooms_has_free (self->wire->rooms));
  expect (self, &write);
}

static void
a_connection_takes_its_pipe_with_it (void **state)
{
  Rig *self = *state;
  const int next = dup (0);
  Write write;

  close (next);
  ask (self, &write, MOST, 1);
  expect (self, &write);
  wire_rig_disconnect (self->wire);
  wire_rig_connect_by_tcp (self->wire, answered);
  assert_int_equal (dup (0), next);
  close (next);
}

static void
a_server_that_goes_ends_the_connection (void **state)
{
  Rig *self = *state;
  Write writes[AT_ONCE];

  for (guint i = 0; i < AT_ONCE; i++)
    ask (self, &writes[i], MOST, i);
  wire_flush (self->wire->wire);
  swallow (self);
  close (self->wire->end);
  while (!wire_is_over (self->wire->wire))
    {
      struct pollfd end = { .fd = self->wire->wire_end, .events = POLLOUT };

      assert_int_equal (poll (&end, 1, PATIENCE_MSEC), 1);
      wire_flush (self->wire->wire);
    }
  self->wire->end = dup (0);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, open_rig, close_rig)
  const struct CMUnitTest tests[] = {
    TEST (a_slow_server_gets_each_write_as_it_was_asked),
    TEST (so_it_does_where_a_little_goes_at_a_time),
    TEST (so_it_does_where_there_can_be_no_pipe),
    TEST (what_begins_between_pages_arrives),
    TEST (what_is_refused_midway_is_copied_from_there),
    TEST (a_room_is_free_when_its_write_is_answered),
    TEST (what_a_server_reads_after_the_end_is_what_was_written),
    TEST (what_was_lost_is_asked_again_from_the_same_room),
    TEST (rooms_are_not_plenty_for_ever),
    TEST (a_room_that_was_not_lent_is_free_at_once),
    TEST (a_connection_takes_its_pipe_with_it),
    TEST (a_server_that_goes_ends_the_connection),
  };

  /* As kvol-nfs itself. */
  signal (SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests_name ("rooms", tests, NULL, NULL);
}

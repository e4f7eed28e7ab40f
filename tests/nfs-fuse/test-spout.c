/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Large answers to READ, whose data pass through a pipe: wherever the network cuts them, whatever is before and behind
 * them, and whoever is not there any more, who asked gets what was sent, once. */
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/reading.h"
#include "support/seed.h"

#define KIB 1024u
#define PIPE_PLACES 256
#define REST 64
#define TOO_LONG (512u * 1024 * 1024) /* of a pipe, for anybody */
#define N_ROUNDS 30
#define AT_ONCE 6
#define SMALL_AT_ONCE 10
/* What must come, comes long before. */
#define PATIENCE_MSEC 30000
#define TURNS_MOST 100

/* ---- good answers ---- */

static void
what_is_large_passes_and_nothing_else (void **state)
{
  WireRig *self = *state;

  for (gsize more = 0; more < 8; more++)
    reading_pass (self, READING_MOST, READING_LARGE + more, TRUE);
  for (gsize less = 0; less < 8; less++)
    reading_pass (self, READING_MOST, READING_MOST - less, TRUE);
  reading_pass (self, READING_LARGE, READING_LARGE, TRUE);
  reading_pass (self, READING_MOST, READING_LARGE - 1, FALSE);
  reading_pass (self, READING_MOST, 0, FALSE);
  reading_pass (self, READING_MOST, 1, FALSE);
  reading_pass (self, READING_LARGE - 1, READING_LARGE - 1, FALSE);
  reading_pass (self, 2 * READING_MOST, READING_MOST, TRUE);
  /* The pipe is not made for that. */
  reading_pass (self, 2 * READING_MOST, READING_MOST + 4, FALSE);
}

static void
cut_in_two (WireRig *self, gsize at)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (Reading) reading;

  reading_ask (self, &reading, READING_MOST);
  reading_put_answer (bytes, &reading, READING_LARGE + 5, &reading_ordinary);
  reading_give (&reading, bytes, 0, MIN (at, bytes->len));
  assert_int_equal (reading.asked.n_answers, at >= bytes->len);
  reading_give (&reading, bytes, MIN (at, bytes->len), bytes->len);
  reading_expect (&reading, READING_LARGE + 5);
  assert_true (reading.passed);
}

static void
it_may_be_cut_anywhere (void **state)
{
  const gsize whole = READING_HEAD + READING_LARGE + 8;

  for (gsize at = 1; at < READING_HEAD + 20; at++)
    cut_in_two (*state, at);
  for (gsize at = whole - 20; at <= whole; at++)
    cut_in_two (*state, at);
}

static void
give_in_pieces (const Reading *reading, GRand *rand, const GByteArray *bytes)
{
  gsize at = 0;

  while (at < bytes->len)
    {
      const gsize length = (gsize) g_rand_int_range (rand, 1, 100000);
      const gsize end = MIN (at + length, bytes->len);

      reading_give (reading, bytes, at, end);
      at = end;
    }
}

/* All but one are large, and none waits for the next one to be taken with it. */
static void
several_follow_each_other (void **state)
{
  WireRig *self = *state;
  g_autoptr (GRand) rand = seed_rand_new ();

  for (int round = 0; round < N_ROUNDS; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      Reading readings[AT_ONCE];
      gsize sizes[AT_ONCE];

      for (int i = 0; i < AT_ONCE; i++)
        {
          reading_ask (self, &readings[i], i == 0 ? 4 * KIB : READING_MOST);
          sizes[i] = (gsize) g_rand_int_range (rand, 1, (gint) readings[i].wanted + 1);
        }
      for (int i = 0; i < AT_ONCE; i++)
        reading_put_answer (bytes, &readings[(i + round) % AT_ONCE], sizes[(i + round) % AT_ONCE], &reading_ordinary);
      give_in_pieces (&readings[0], rand, bytes);
      for (int i = 0; i < AT_ONCE; i++)
        {
          reading_expect (&readings[i], sizes[i]);
          assert_int_equal (readings[i].passed, sizes[i] >= READING_LARGE);
          reading_clear (&readings[i]);
        }
    }
}

/* With several receipts for each, a turn would not take them all. */
static void
small_answers_are_taken_together (void **state)
{
  WireRig *self = *state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Reading readings[SMALL_AT_ONCE];

  for (int i = 0; i < SMALL_AT_ONCE; i++)
    reading_pass (self, READING_MOST, READING_MOST, TRUE);
  for (int i = 0; i < SMALL_AT_ONCE; i++)
    {
      reading_ask (self, &readings[i], 4 * KIB);
      reading_put_answer (bytes, &readings[i], 4 * KIB, &reading_ordinary);
    }
  assert_int_equal (send (self->end, bytes->data, bytes->len, MSG_NOSIGNAL), bytes->len);
  wire_receive (self->wire);
  for (int i = 0; i < SMALL_AT_ONCE; i++)
    {
      reading_expect (&readings[i], 4 * KIB);
      reading_clear (&readings[i]);
    }
}

/* ---- where it cannot pass ---- */

static void
read_in_tiny_pieces (WireRig *self, gsize length)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (Reading) reading;

  reading_ask (self, &reading, READING_MOST);
  reading_put_answer (bytes, &reading, READING_LARGE + 1, &reading_ordinary);
  for (gsize at = 0; at < bytes->len; at += length)
    reading_give (&reading, bytes, at, MIN (at + length, bytes->len));
  reading_expect (&reading, READING_LARGE + 1);
  assert_int_equal (reading.passed, bytes->len / length < PIPE_PLACES);
}

static void
what_comes_in_too_many_pieces_is_put_together (void **state)
{
  WireRig *self = *state;

  read_in_tiny_pieces (self, 1000);
  read_in_tiny_pieces (self, 100);
  for (int i = 0; i < REST; i++)
    reading_pass (self, READING_MOST, READING_LARGE, FALSE);
  reading_pass (self, READING_MOST, READING_LARGE, TRUE);
  read_in_tiny_pieces (self, 1);
}

/* There is much more than room for the answer when it turns out that it cannot pass. */
static void
what_follows_such_an_answer_is_another_one (void **state)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const gsize full = READING_HEAD + 100 * PIPE_PLACES;
  g_auto (Reading) next;
  g_auto (Reading) reading;

  reading_ask (*state, &reading, READING_MOST);
  reading_ask (*state, &next, READING_MOST);
  reading_put_answer (bytes, &reading, READING_LARGE, &reading_ordinary);
  reading_put_answer (bytes, &next, READING_MOST, &reading_ordinary);
  reading_give (&reading, bytes, 0, READING_HEAD);
  for (gsize at = READING_HEAD; at < full; at += 100)
    reading_give (&reading, bytes, at, at + 100);
  reading_give (&reading, bytes, full, bytes->len);
  reading_expect (&reading, READING_LARGE);
  reading_expect (&next, READING_MOST);
  assert_false (reading.passed);
}

static int
get_next_fd (void)
{
  const int next = dup (0);

  assert_true (next >= 0);
  close (next);
  return next;
}

static void
a_process_that_may_have_no_pipe_reads_it (void **state)
{
  const int next = get_next_fd ();
  struct rlimit before;

  assert_int_equal (getrlimit (RLIMIT_NOFILE, &before), 0);
  for (rlim_t more = 0; more < 2; more++)
    {
      const struct rlimit none = { (rlim_t) next + more, before.rlim_max };

      assert_int_equal (setrlimit (RLIMIT_NOFILE, &none), 0);
      reading_pass (*state, READING_MOST, READING_MOST, FALSE);
      ((WireRig *) *state)->spout.pipe.useless = FALSE;
    }
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &before), 0);
  assert_int_equal (get_next_fd (), next);
  reading_pass (*state, READING_MOST, READING_MOST, TRUE);
}

/* As when its user has too many of them: they can be opened, and are short. */
static void
a_process_that_may_have_short_pipes_only_reads_it (void **state)
{
  WireRig *self = *state;
  const int next = get_next_fd ();

  self->spout.most = TOO_LONG;
  for (int i = 0; i < 2; i++)
    reading_pass (self, READING_MOST, READING_MOST, FALSE);
  assert_int_equal (get_next_fd (), next);
}

/* Somebody forbids splice(2), or there is no memory for it just now; the connection is as good as ever. */
static void
what_the_kernel_does_not_let_pass_is_read (void **state)
{
  WireRig *self = *state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  KVOL_AUTO_FD no_pipe = memfd_create ("no pipe", MFD_CLOEXEC);
  KVOL_AUTO_FD end = -1;
  g_auto (Reading) reading;

  reading_ask (self, &reading, READING_MOST);
  reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
  reading_give (&reading, bytes, 0, READING_HEAD + 1000);
  end = dup (self->spout.pipe.ends[1]);
  assert_int_equal (dup2 (no_pipe, self->spout.pipe.ends[1]), self->spout.pipe.ends[1]);
  reading_give (&reading, bytes, READING_HEAD + 1000, bytes->len);
  assert_int_equal (dup2 (end, self->spout.pipe.ends[1]), self->spout.pipe.ends[1]);
  reading_expect (&reading, READING_MOST);
  assert_false (reading.passed);
}

/* At such data splice(2) stops for good, though the socket can be read. They are no part of what is said. */
static void
urgent_data_keep_no_thread_awake (void **state)
{
  WireRig *self = *state;
  const gsize before = READING_HEAD + 1000;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  struct pollfd socket = { .events = POLLIN };
  g_auto (Reading) reading;
  guint turns = 0;

  wire_rig_disconnect (self);
  wire_rig_connect_by_tcp (self, reading_answered);
  socket.fd = self->wire_end;
  reading_ask (self, &reading, READING_MOST);
  reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
  reading_give (&reading, bytes, 0, before);
  assert_int_equal (send (self->end, "!", 1, MSG_OOB), 1);
  assert_int_equal (send (self->end, bytes->data + before, 1000, 0), 1000);
  assert_int_equal (poll (&socket, 1, PATIENCE_MSEC), 1);
  while (poll (&socket, 1, 0) > 0)
    {
      assert_in_range (++turns, 1, TURNS_MOST);
      wire_receive (self->wire);
    }
  reading_give (&reading, bytes, before + 1000, bytes->len);
  while (reading.asked.n_answers == 0)
    {
      assert_int_equal (poll (&socket, 1, PATIENCE_MSEC), 1);
      wire_receive (self->wire);
    }
  reading_expect (&reading, READING_MOST);
  assert_false (reading.passed);
}

/* ---- what the kernel gets ---- */

static void
reply (WireRig *rig, Reading *reading, int kernel, gsize size)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  reading_ask (rig, reading, READING_MOST);
  reading->kernel = kernel;
  reading_put_answer (bytes, reading, size, &reading_ordinary);
  reading_give (reading, bytes, 0, bytes->len);
  assert_int_equal (reading->asked.n_answers, 1);
  assert_true (reading->passed);
}

/* @kernel has got the answer to the reading, and nothing else. */
static void
expect_reply (Reading *reading, gsize size)
{
  struct fuse_out_header head;

  assert_true (reading->told);
  assert_int_equal (lseek (reading->kernel, 0, SEEK_END), sizeof head + size);
  assert_int_equal (pread (reading->kernel, &head, sizeof head, 0), sizeof head);
  assert_int_equal (head.len, sizeof head + size);
  assert_int_equal (head.error, 0);
  assert_int_equal (head.unique, READING_REQUEST);
  g_byte_array_set_size (reading->data, (guint) size);
  assert_int_equal (pread (reading->kernel, reading->data->data, size, sizeof head), size);
  reading_expect (reading, size);
}

/* Padding is none of its business. */
static void
the_kernel_gets_the_data_and_their_head (void **state)
{
  for (gsize more = 0; more < 8; more++)
    {
      KVOL_AUTO_FD kernel = memfd_create ("kernel", MFD_CLOEXEC);
      g_auto (Reading) reading;

      reply (*state, &reading, kernel, READING_LARGE + more);
      expect_reply (&reading, READING_LARGE + more);
      reading_pass (*state, READING_MOST, READING_MOST - more, TRUE);
    }
}

/* As it is when there is no memory: a file that is appended to takes no pages. */
static void
what_it_takes_by_no_pipe_it_gets_copied (void **state)
{
  KVOL_AUTO_FD kernel = memfd_create ("kernel", MFD_CLOEXEC);
  g_auto (Reading) reading;

  assert_int_equal (fcntl (kernel, F_SETFL, O_APPEND), 0);
  reply (*state, &reading, kernel, READING_MOST - 1);
  expect_reply (&reading, READING_MOST - 1);
  reading_pass (*state, READING_MOST, READING_MOST, TRUE);
}

static void
what_it_does_not_take_at_all_is_told (void **state)
{
  KVOL_AUTO_FD nowhere = open ("/", O_PATH | O_CLOEXEC);
  g_auto (Reading) reading;
  g_auto (Reading) part;
  int ends[2];

  reply (*state, &reading, nowhere, READING_MOST);
  assert_false (reading.told);
  reading_pass (*state, READING_MOST, READING_LARGE, TRUE);
  /* It has taken some of it. */
  assert_int_equal (pipe2 (ends, O_CLOEXEC | O_NONBLOCK), 0);
  reply (*state, &part, ends[1], READING_MOST);
  assert_false (part.told);
  close (ends[0]);
  close (ends[1]);
  reading_pass (*state, READING_MOST, READING_LARGE, TRUE);
}

/* ---- who is not there, or does not care ---- */

static void
what_is_not_taken_goes (void **state)
{
  WireRig *self = *state;

  for (gsize leaves = 1; leaves <= READING_MOST; leaves *= 2)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_auto (Reading) reading;

      reading_ask (self, &reading, READING_MOST);
      reading.leaves = leaves;
      reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
      reading_give (&reading, bytes, 0, bytes->len);
      reading_expect (&reading, READING_MOST - leaves);
      reading_pass (self, READING_MOST, 100001, TRUE);
    }
}

static void
half_an_answer_goes_with_its_connection (void **state)
{
  const gsize parts[] = {
    1, READING_HEAD - 1, READING_HEAD, READING_HEAD + 1, 100000, READING_HEAD + READING_MOST - 1
  };
  WireRig *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_auto (Reading) reading;

      reading_ask (self, &reading, READING_MOST);
      reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
      reading_give (&reading, bytes, 0, parts[i]);
      shutdown (self->end, SHUT_RDWR);
      wire_receive (self->wire);
      wire_receive (self->wire);
      assert_true (wire_is_over (self->wire));
      assert_int_equal (reading.asked.n_answers, 0);
      wire_rig_disconnect (self);
      wire_rig_connect (self, reading_answered);
      reading_pass (self, READING_MOST, 100001, TRUE);
    }
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, reading_open_rig, wire_rig_close)
  const struct CMUnitTest tests[] = {
    TEST (what_is_large_passes_and_nothing_else),
    TEST (it_may_be_cut_anywhere),
    TEST (several_follow_each_other),
    TEST (small_answers_are_taken_together),
    TEST (what_comes_in_too_many_pieces_is_put_together),
    TEST (what_follows_such_an_answer_is_another_one),
    TEST (a_process_that_may_have_no_pipe_reads_it),
    TEST (a_process_that_may_have_short_pipes_only_reads_it),
    TEST (what_the_kernel_does_not_let_pass_is_read),
    TEST (urgent_data_keep_no_thread_awake),
    TEST (the_kernel_gets_the_data_and_their_head),
    TEST (what_it_takes_by_no_pipe_it_gets_copied),
    TEST (what_it_does_not_take_at_all_is_told),
    TEST (what_is_not_taken_goes),
    TEST (half_an_answer_goes_with_its_connection),
  };

  return cmocka_run_group_tests_name ("large answers", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection by itself, whose other end is the test: what is asked over it, and what comes of answers that are late,
 * in pieces, doubled, unasked for, spoilt, or none. */
#include "wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-fuse/wire-rig.h"
#include "nfs-server/record.h"
#include "nfs-server/xdr.h"
#include "support/seed.h"

#define TOO_LONG (2u << 20)
#define ALMOST_TOO_LONG (1u << 20)
#define LARGE (1u << 20)
#define N_ROUNDS 3000
#define AT_ONCE 12
#define TINY_FRAGMENTS 1000000
#define TINY_PIECE 4096

/* ---- good answers ---- */

static const AnswerSample *
pick (GRand *rand)
{
  return &answer_samples[g_rand_int_range (rand, 0, (gint) n_answer_samples)];
}

static guint
pick_length (GRand *rand, guint most, guint left)
{
  const guint length = (guint) g_rand_int_range (rand, 1, (gint) most);

  return MIN (length, left);
}

/* A good answer, in fragments of a few bytes each; some have an empty one at the end. */
static void
put_in_pieces (GRand *rand, GByteArray *out, const Asked *asked)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint at = 0;

  wire_rig_put_head (message, asked->xid);
  asked->sample->put (message);
  while (at < message->len)
    {
      const guint length = pick_length (rand, 300, message->len - at);
      const gboolean ends = at + length == message->len && g_rand_boolean (rand);

      xdr_put_u32 (out, length | (ends ? RECORD_LAST : 0));
      g_byte_array_append (out, message->data + at, length);
      at += length;
      if (at == message->len && !ends)
        xdr_put_u32 (out, RECORD_LAST);
    }
}

static void
each_answer_finds_its_question (void **state)
{
  WireRig *self = *state;
  g_autofree Asked *asked = g_new0 (Asked, n_answer_samples);
  g_autofree guint64 *sums = g_new0 (guint64, n_answer_samples);

  for (guint i = 0; i < n_answer_samples; i++)
    sums[i] = wire_rig_get_right_sum (self, &answer_samples[i]);
  for (guint i = 0; i < n_answer_samples; i++)
    wire_rig_ask (self, &asked[i], &answer_samples[i]);
  for (guint i = n_answer_samples; i-- > 0;)
    wire_rig_give_answer (self, &asked[i]);
  for (guint i = 0; i < n_answer_samples; i++)
    {
      assert_int_equal (asked[i].n_answers, 1);
      assert_true (asked[i].sum == sums[i]);
    }
}

/* Each piece by itself, as the network may cut what was sent. */
static void
give_in_pieces (WireRig *self, GRand *rand, const GByteArray *bytes)
{
  guint at = 0;

  while (at < bytes->len)
    {
      const guint length = pick_length (rand, 2000, bytes->len - at);

      wire_rig_give (self, bytes->data + at, length);
      at += length;
    }
}

static void
fragments_and_pieces_change_no_answer (void **state)
{
  WireRig *self = *state;
  g_autoptr (GRand) rand = seed_rand_new ();

  for (int round = 0; round < N_ROUNDS / 10; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      guint64 sums[AT_ONCE];
      Asked asked[AT_ONCE];

      for (int i = 0; i < AT_ONCE; i++)
        {
          const AnswerSample *sample = pick (rand);

          sums[i] = wire_rig_get_right_sum (self, sample);
          wire_rig_ask (self, &asked[i], sample);
          put_in_pieces (rand, bytes, &asked[i]);
        }
      give_in_pieces (self, rand, bytes);
      for (int i = 0; i < AT_ONCE; i++)
        assert_true (asked[i].n_answers == 1 && asked[i].sum == sums[i]);
    }
}

/* ---- what is asked ---- */

static void
put_large_write (WireRig *self, Asked *asked, Room *data, gsize length)
{
  const WRITE3args args = {
    .file = { { 4, (char *) "root" } },
    .count = (count3) length,
    .data = { (u_int) length, room_get_memory (data) },
  };

  *asked = (Asked){ .sample = wire_rig_get_sample () };
  assert_int_equal (wire_ask_write (self->wire, &args, data, asked), 0);
}

static Room *
make_data (WireRig *self, gsize length)
{
  g_autofree guint8 *data = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    data[i] = (guint8) (i * 7 + 1);
  return rooms_take_copy (self->rooms, data, length);
}

static void
writes_go_out_whole_and_in_order (void **state)
{
  WireRig *self = *state;
  const gsize lengths[] = { 0, 1, 2, 3, 4, 5, LARGE - 1, 6, LARGE, 7 };
  g_autoptr (Room) data = make_data (self, LARGE);
  Asked asked[G_N_ELEMENTS (lengths)];

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    put_large_write (self, &asked[i], data, lengths[i]);
  do
    {
      wire_flush (self->wire);
      wire_rig_fetch (self);
    }
  while (wire_is_full (self->wire));
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      const gsize padded = (lengths[i] + 3) & ~(gsize) 3;
      const gsize length = wire_rig_get_question (self, &asked[i].xid);

      assert_true (length > padded);
      assert_memory_equal (self->seen->data + length - padded, room_get_memory (data), lengths[i]);
      assert_memory_equal (self->seen->data + length - padded + lengths[i], "\0\0\0", padded - lengths[i]);
      g_byte_array_remove_range (self->seen, 0, (guint) length);
    }
  assert_int_equal (self->seen->len, 0);
}

/* ---- its end ---- */

/* What the server sees of it: 0, or an errno. */
static int
end_it (WireRig *self)
{
  guint8 buffer[4096];
  ssize_t n;
  int end;

  wire_free (self->wire);
  do
    n = recv (self->end, buffer, sizeof buffer, 0);
  while (n > 0);
  end = n < 0 ? errno : 0;
  close (self->end);
  wire_rig_reconnect (self);
  return end;
}

/* The kernel would send it as long as the server can be reached, if it were let. */
static void
what_was_not_answered_does_not_arrive_later (void **state)
{
  WireRig *self = *state;
  g_autoptr (Room) data = make_data (self, LARGE);
  Asked asked;

  wire_rig_disconnect (self);
  wire_rig_connect_by_tcp (self, NULL);
  while (!wire_is_full (self->wire))
    {
      put_large_write (self, &asked, data, LARGE);
      wire_flush (self->wire);
    }
  assert_int_equal (end_it (self), ECONNRESET);
}

static void
where_all_is_answered_it_ends_in_order (void **state)
{
  WireRig *self = *state;

  wire_rig_disconnect (self);
  wire_rig_connect_by_tcp (self, NULL);
  assert_int_equal (end_it (self), 0);
}

/* ---- what no server should do ---- */

static void
an_answer_to_what_was_not_asked_yet_ends_it (void **state)
{
  WireRig *self = *state;
  g_autoptr (Room) data = make_data (self, LARGE);
  Asked asked;

  put_large_write (self, &asked, data, LARGE);
  wire_flush (self->wire);
  assert_true (wire_is_full (self->wire));
  wire_rig_fetch (self);
  asked.xid = GUINT32_FROM_BE (*(const guint32 *) (gconstpointer) (self->seen->data + 4));
  wire_rig_give_answer (self, &asked);
  assert_true (wire_is_over (self->wire));
  assert_int_equal (asked.n_answers, 0);
}

static void
an_answer_counts_once (void **state)
{
  WireRig *self = *state;
  Asked asked;

  wire_rig_ask (self, &asked, wire_rig_get_sample ());
  for (int i = 0; i < 3; i++)
    wire_rig_give_answer (self, &asked);
  assert_int_equal (asked.n_answers, 1);
  wire_rig_assert_serves (self);
}

static void
a_flood_of_answers_to_nothing_is_passed_over (void **state)
{
  WireRig *self = *state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Asked asked;

  wire_rig_ask (self, &asked, wire_rig_get_sample ());
  asked.xid += 1000;
  for (int i = 0; i < N_ROUNDS; i++)
    wire_rig_put_answer (bytes, &asked);
  wire_rig_give (self, bytes->data, bytes->len);
  assert_int_equal (asked.n_answers, 0);
  wire_rig_assert_serves (self);
}

static void
an_answer_that_is_too_long_ends_it (void **state)
{
  const guint32 marks[] = { TOO_LONG, RECORD_LAST | TOO_LONG, RECORD_LAST | 0x7fffffff, 0x7fffffff, 0, RECORD_LAST };
  WireRig *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      const guint32 mark = GUINT32_TO_BE (marks[i]);

      wire_rig_give (self, &mark, sizeof mark);
      assert_true (wire_is_over (self->wire));
      wire_rig_disconnect (self);
      wire_rig_reconnect (self);
    }
}

static void
fragments_that_are_too_long_together_end_it (void **state)
{
  WireRig *self = *state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  xdr_put_u32 (bytes, ALMOST_TOO_LONG);
  g_byte_array_set_size (bytes, 4 + ALMOST_TOO_LONG);
  wire_rig_give (self, bytes->data, bytes->len);
  assert_false (wire_is_over (self->wire));
  wire_rig_give (self, bytes->data, bytes->len);
  assert_true (wire_is_over (self->wire));
}

/* What it takes of the processor to hear it, so much at a time. */
static clock_t
get_cost (WireRig *self, const GByteArray *bytes, gsize at_once)
{
  const clock_t begin = clock ();

  for (gsize at = 0; at < bytes->len; at += at_once)
    wire_rig_give (self, bytes->data + at, MIN (at_once, bytes->len - at));
  return clock () - begin;
}

/* Were each of them to move all that is behind it, they would cost a hundred times as much when they come together, or
 * more where the peer may send much at once. */
static void
tiny_fragments_cost_no_more_together (void **state)
{
  WireRig *self = *state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const int at_once = 4 << 20;
  clock_t apart;

  setsockopt (self->end, SOL_SOCKET, SO_SNDBUFFORCE, &at_once, sizeof at_once);
  /* It is one record, to nobody, behind another one that needs much room. */
  wire_rig_put_head (bytes, 0);
  g_byte_array_set_size (bytes, ALMOST_TOO_LONG);
  xdr_put_u32 (bytes, 0);
  memmove (bytes->data + 4, bytes->data, ALMOST_TOO_LONG);
  *(guint32 *) (gpointer) bytes->data = GUINT32_TO_BE (RECORD_LAST | ALMOST_TOO_LONG);
  for (guint i = 0; i < TINY_FRAGMENTS; i++)
    {
      xdr_put_u32 (bytes, i + 1 < TINY_FRAGMENTS ? 1 : RECORD_LAST | 1);
      g_byte_array_append (bytes, (const guint8 *) (i == 7 ? "\1" : "\0"), 1);
    }
  apart = get_cost (self, bytes, TINY_PIECE);
  assert_true (get_cost (self, bytes, bytes->len) < 5 * apart);
  wire_rig_assert_serves (self);
}

/* Who is answered asks once more, of somebody who has gone. */
static void
ask_the_dead (gpointer question, gpointer result)
{
  WireRig *self = question;

  close (self->end);
  assert_int_equal (wire_ask (self->wire, wire_rig_get_sample ()->procedure, wire_rig_get_sample ()->args, self), 0);
  wire_flush (self->wire);
}

static void
an_end_that_is_seen_while_answers_come_is_remembered (void **state)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Asked asked = { .sample = wire_rig_get_sample () };
  WireRig *self = *state;

  wire_rig_disconnect (self);
  wire_rig_connect (self, ask_the_dead);
  assert_int_equal (wire_ask (self->wire, asked.sample->procedure, asked.sample->args, self), 0);
  wire_flush (self->wire);
  wire_rig_fetch (self);
  assert_true (wire_rig_get_question (self, &asked.xid) > 0);
  wire_rig_put_answer (bytes, &asked);
  assert_int_equal (send (self->end, bytes->data, bytes->len, MSG_NOSIGNAL), bytes->len);
  wire_receive (self->wire);
  assert_true (wire_is_over (self->wire));
  wire_free (self->wire);
  wire_rig_reconnect (self);
}

/* ---- spoilt answers ---- */

static void
a_spoilt_answer_spoils_no_other_one (void **state)
{
  WireRig *self = *state;
  g_autoptr (GRand) rand = seed_rand_new ();

  for (int round = 0; round < N_ROUNDS; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (GByteArray) message = g_byte_array_new ();
      g_autoptr (GByteArray) body = g_byte_array_new ();
      Asked spoilt;
      Asked good;

      wire_rig_ask (self, &spoilt, pick (rand));
      wire_rig_ask (self, &good, pick (rand));
      wire_rig_put_head (message, spoilt.xid);
      spoilt.sample->put (body);
      answer_sample_spoil (rand, body);
      g_byte_array_append (message, body->data, body->len);
      wire_rig_put_record (bytes, message);
      wire_rig_put_answer (bytes, &good);
      wire_rig_give (self, bytes->data, bytes->len);
      assert_int_equal (spoilt.n_answers, 1);
      assert_int_equal (good.n_answers, 1);
      assert_int_not_equal (good.sum, 0);
    }
  wire_rig_assert_serves (self);
}

static void
whatever_comes_no_question_is_answered_twice (void **state)
{
  WireRig *self = *state;
  g_autoptr (GRand) rand = seed_rand_new ();
  guint n_over = 0;

  for (int round = 0; round < N_ROUNDS; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      Asked asked[AT_ONCE];

      for (int i = 0; i < AT_ONCE; i++)
        wire_rig_ask (self, &asked[i], pick (rand));
      for (int i = 0; i < AT_ONCE; i++)
        put_in_pieces (rand, bytes, &asked[i]);
      answer_sample_spoil (rand, bytes);
      wire_rig_give (self, bytes->data, bytes->len);
      for (int i = 0; i < AT_ONCE; i++)
        assert_in_range (asked[i].n_answers, 0, 1);
      n_over += wire_is_over (self->wire);
      wire_rig_disconnect (self);
      wire_rig_reconnect (self);
    }
  print_message ("# %u connections were lost\n", n_over);
  assert_in_range (n_over, 1, N_ROUNDS - 1);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, wire_rig_open, wire_rig_close)
  const struct CMUnitTest tests[] = {
    TEST (each_answer_finds_its_question),
    TEST (fragments_and_pieces_change_no_answer),
    TEST (writes_go_out_whole_and_in_order),
    TEST (what_was_not_answered_does_not_arrive_later),
    TEST (where_all_is_answered_it_ends_in_order),
    TEST (an_answer_to_what_was_not_asked_yet_ends_it),
    TEST (an_answer_counts_once),
    TEST (a_flood_of_answers_to_nothing_is_passed_over),
    TEST (an_answer_that_is_too_long_ends_it),
    TEST (fragments_that_are_too_long_together_end_it),
    TEST (tiny_fragments_cost_no_more_together),
    TEST (an_end_that_is_seen_while_answers_come_is_remembered),
    TEST (a_spoilt_answer_spoils_no_other_one),
    TEST (whatever_comes_no_question_is_answered_twice),
  };

  return cmocka_run_group_tests_name ("connections", tests, NULL, NULL);
}

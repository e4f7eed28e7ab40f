/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Large answers to READ that are not as answers mostly are, or none at all: they are read as small ones are, and what
 * comes after them is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nfs-fuse/reading.h"
#include "nfs-server/record.h"
#include "nfs-server/xdr.h"
#include "support/seed.h"

#define N_ROUNDS 300
/* More than the server's end has room for. */
#define LARGE (4u << 20)

/* ---- other answers ---- */

static const ReadingOddity odd_answers[] = {
  { "a verifier", .verifier = 4 },
  { "a verifier in the place of the attributes", .verifier = 84, .bare = TRUE, .passes = TRUE },
  { "a long verifier", .verifier = 400 },
  { "no attributes", .bare = TRUE },
  { "it counts a byte less", .count = -1 },
  { "it counts a byte more", .count = 1 },
  { "a longer record", .length = 4 },
  { "no attributes, and a record as long as with them", .bare = TRUE, .length = 84 },
  { "more than was asked for", .more = 4 },
};

/* They are what they would be without the pipe. */
static void
what_differs_is_read_as_ever (void **state)
{
  WireRig *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (odd_answers); i++)
    {
      const ReadingOddity *odd = &odd_answers[i];
      const gsize size = 100000 + odd->more;
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_auto (Reading) reading;

      print_message ("# %s\n", odd->label);
      reading_ask (self, &reading, 100000);
      reading_put_answer (bytes, &reading, size, odd);
      g_byte_array_set_size (bytes, bytes->len + (guint) MAX (odd->length, 0));
      reading_give (&reading, bytes, 0, bytes->len);
      reading_expect (&reading, size);
      assert_int_equal (reading.passed, odd->passes);
      reading_pass (self, READING_MOST, READING_MOST, TRUE);
    }
}

static const ReadingOddity failures[] = {
  { "the question is denied", .denied = 1 },
  { "the procedure is not known", .failure = 3 },
  { "the verifier is too long", .verifier = 404 },
  { "the record is too short", .length = -4 },
};

static void
what_is_no_answer_is_none (void **state)
{
  WireRig *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_auto (Reading) reading;

      print_message ("# %s\n", failures[i].label);
      reading_ask (self, &reading, READING_MOST);
      reading_put_answer (bytes, &reading, READING_MOST, &failures[i]);
      reading_give (&reading, bytes, 0, bytes->len - (failures[i].length < 0 ? 4 : 0));
      assert_int_equal (reading.asked.n_answers, 1);
      assert_true (reading.failed);
      reading_pass (self, READING_MOST, READING_MOST, TRUE);
    }
}

static void
a_failure_is_told (void **state)
{
  const ReadingOddity stale = { .status = NFS3ERR_STALE };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (Reading) reading;

  reading_ask (*state, &reading, READING_MOST);
  reading_put_answer (bytes, &reading, READING_MOST, &stale);
  reading_give (&reading, bytes, 0, bytes->len);
  assert_int_equal (reading.asked.n_answers, 1);
  assert_int_equal (reading.status, NFS3ERR_STALE);
  reading_pass (*state, READING_MOST, READING_MOST, TRUE);
}

static void
give_fragment (const Reading *reading, const GByteArray *message, gsize begin, gsize end, gboolean last)
{
  g_autoptr (GByteArray) fragment = g_byte_array_new ();

  xdr_put_u32 (fragment, (guint32) (end - begin) | (last ? RECORD_LAST : 0));
  g_byte_array_append (fragment, message->data + begin, (guint) (end - begin));
  reading_give (reading, fragment, 0, fragment->len);
}

/* Also where the first one is all of it, and an empty one follows. */
static void
fragments_are_put_together (void **state)
{
  const gsize firsts[] = { 4, 124, 128, 132, READING_MOST, READING_MOST + 128 };

  for (gsize i = 0; i < G_N_ELEMENTS (firsts); i++)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();
      g_auto (Reading) reading;

      reading_ask (*state, &reading, READING_MOST);
      reading_put_message (message, reading.asked.xid, READING_MOST, &reading_ordinary);
      give_fragment (&reading, message, 0, firsts[i], FALSE);
      give_fragment (&reading, message, firsts[i], message->len, TRUE);
      reading_expect (&reading, READING_MOST);
      assert_false (reading.passed);
      reading_pass (*state, READING_MOST, READING_MOST, TRUE);
    }
}

static void
an_answer_to_nothing_is_passed_over (void **state)
{
  WireRig *self = *state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (Reading) reading;

  reading_ask (self, &reading, READING_MOST);
  reading.asked.xid += 1000;
  reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
  reading.asked.xid -= 1000;
  reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
  reading_put_answer (bytes, &reading, READING_MOST, &reading_ordinary);
  reading_give (&reading, bytes, 0, bytes->len);
  reading_expect (&reading, READING_MOST);
  reading_pass (self, READING_MOST, READING_MOST, TRUE);
}

/* The question waits behind a write that the server does not take. */
static void
an_answer_to_what_was_not_asked_yet_ends_it (void **state)
{
  const READ3args args = { { { 4, (char *) "root" } }, 0, READING_MOST };
  WireRig *self = *state;
  g_autofree char *data = g_malloc0 (LARGE);
  g_autoptr (Room) room = rooms_take_copy (self->rooms, data, LARGE);
  const WRITE3args write = { .file = args.file, .count = LARGE, .data = { LARGE, room_get_memory (room) } };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (Reading) reading;

  reading_ask (self, &reading, READING_MOST);
  reading_put_answer (bytes, &reading, 100000, &reading_ordinary);
  reading_give (&reading, bytes, 0, bytes->len);
  reading_expect (&reading, 100000);
  assert_int_equal (wire_ask_write (self->wire, &write, room, &reading), 0);
  wire_flush (self->wire);
  assert_int_equal (wire_ask (self->wire, &procedure_read, &args, &reading), 0);
  assert_true (wire_is_full (self->wire));
  reading.asked.xid += 2;
  g_byte_array_set_size (bytes, 0);
  reading_put_answer (bytes, &reading, 100000, &reading_ordinary);
  reading_give (&reading, bytes, 0, bytes->len);
  assert_true (wire_is_over (self->wire));
  assert_int_equal (reading.asked.n_answers, 1);
}

/* ---- spoilt answers ---- */

static void
spoil_head (GRand *rand, GByteArray *bytes)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();

  g_byte_array_append (head, bytes->data, READING_HEAD);
  answer_sample_spoil (rand, head);
  memcpy (bytes->data, head->data, MIN (READING_HEAD, head->len));
}

static void
whatever_comes_no_reader_is_answered_twice (void **state)
{
  WireRig *self = *state;
  g_autoptr (GRand) rand = seed_rand_new ();
  guint n_passed = 0;

  for (int round = 0; round < N_ROUNDS; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_auto (Reading) spoilt;
      g_auto (Reading) good;

      reading_ask (self, &spoilt, READING_MOST);
      reading_ask (self, &good, READING_MOST);
      reading_put_answer (bytes, &spoilt, 100000, &reading_ordinary);
      spoil_head (rand, bytes);
      reading_put_answer (bytes, &good, 100000, &reading_ordinary);
      reading_give (&good, bytes, 0, bytes->len);
      assert_in_range (spoilt.asked.n_answers, 0, 1);
      assert_in_range (good.asked.n_answers, 0, 1);
      n_passed += spoilt.passed;
      wire_rig_disconnect (self);
      wire_rig_connect (self, reading_answered);
      reading_pass (self, READING_MOST, 100001, TRUE);
    }
  assert_in_range (n_passed, 1, N_ROUNDS - 1);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, reading_open_rig, wire_rig_close)
  const struct CMUnitTest tests[] = {
    TEST (what_differs_is_read_as_ever),
    TEST (what_is_no_answer_is_none),
    TEST (a_failure_is_told),
    TEST (fragments_are_put_together),
    TEST (an_answer_to_nothing_is_passed_over),
    TEST (an_answer_to_what_was_not_asked_yet_ends_it),
    TEST (whatever_comes_no_reader_is_answered_twice),
  };

  return cmocka_run_group_tests_name ("odd answers", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A large write that goes as two questions, on a connection whose other end is the test: what is asked, and what the
 * two answers come to. */
#include "halves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nfs-fuse/wire-rig.h"
#include "nfs-server/xdr.h"
#include "rooms.h"
#include "support/test-state.h"

#define LARGE (1u << 20)
#define HALF (LARGE / 2)
#define PAGE 4096u
#define ODD_SIZE (LARGE - 4 * PAGE - 1)
#define ODD_MIDDLE (126 * PAGE) /* of that: a little behind it */
#define OFFSET 12345
#define WORDS_BEFORE_HANDLE 11 /* of a question by nobody: its mark, and RPC's */
#define OLD 1
#define NEW 2

/* ---- what is asked ---- */

typedef struct
{
  guint n_answers;
  gboolean denied;
  WriteResult result;
} Asker;

static void
answered (gpointer question, gpointer result)
{
  Asker *asker = question;

  asker->n_answers++;
  asker->denied = result == NULL;
  if (result != NULL)
    asker->result = ((const ProcedureResult *) result)->write;
}

typedef struct
{
  const void *row;
  WireRig *rig;
} Ground;

static void
ground_clear (Ground *self)
{
  if (self->rig != NULL)
    wire_rig_close ((void **) &self->rig);
}
TEST_ROW_STATE (Ground, ground)

static WireRig *
ground_open (Ground *self)
{
  wire_rig_open ((void **) &self->rig);
  wire_rig_disconnect (self->rig);
  wire_rig_connect (self->rig, answered);
  return self->rig;
}

static char
get_byte (gsize at)
{
  return (char) (at * 7 + at / PAGE);
}

static Room *
make_data (WireRig *self)
{
  g_autofree char *data = g_malloc (LARGE);

  for (gsize i = 0; i < LARGE; i++)
    data[i] = get_byte (i);
  return rooms_take_copy (self->rooms, data, LARGE);
}

static void
ask (WireRig *self, Asker *asker, count3 count, stable_how stable)
{
  g_autoptr (Room) data = make_data (self);
  const WRITE3args args = {
    .file = { { 4, (char *) "root" } },
    .offset = OFFSET,
    .count = count,
    .stable = stable,
    .data = { count, room_get_memory (data) },
  };

  *asker = (Asker){ 0 };
  assert_int_equal (wire_ask_write (self->wire, &args, data, asker), 0);
}

static void
fetch (WireRig *self)
{
  do
    {
      wire_flush (self->wire);
      wire_rig_fetch (self);
    }
  while (wire_is_full (self->wire));
}

/* The next question asks to write this part. Its number. */
static guint32
expect (WireRig *self, count3 begin, count3 end, stable_how stable)
{
  guint32 xid;
  const gsize length = wire_rig_get_question (self, &xid);
  XdrReader in = { .data = self->seen->data, .left = self->seen->len };
  const guint8 *data;
  gsize size;

  assert_true (length > 0);
  for (int i = 0; i < WORDS_BEFORE_HANDLE; i++)
    xdr_get_u32 (&in);
  xdr_get_bytes (&in, &size);
  assert_int_equal (xdr_get_u32 (&in), 0);
  assert_int_equal (xdr_get_u32 (&in), OFFSET + begin);
  assert_int_equal (xdr_get_u32 (&in), end - begin);
  assert_int_equal (xdr_get_u32 (&in), stable);
  data = xdr_get_bytes (&in, &size);
  assert_false (in.bad);
  assert_int_equal (size, end - begin);
  for (gsize i = 0; i < size; i++)
    if ((char) data[i] != get_byte (begin + i))
      fail_msg ("another byte at %zu", begin + i);
  g_byte_array_remove_range (self->seen, 0, (guint) length);
  return xid;
}

typedef struct
{
  count3 begin;
  count3 end;
} Part;

typedef struct
{
  const char *name;
  count3 counts[2]; /* what is asked, up to the first 0 */
  Part parts[2];    /* and what goes to the server */
  stable_how stable;
} Parting;

static const Parting partings[] = {
  { "what_is_alone_goes_as_two", { LARGE }, { { 0, HALF }, { HALF, LARGE } }, UNSTABLE },
  { "it_is_parted_where_a_page_begins", { ODD_SIZE }, { { 0, ODD_MIDDLE }, { ODD_MIDDLE, ODD_SIZE } }, UNSTABLE },
  /* Then the server has enough to do. */
  { "what_is_not_alone_goes_as_one", { HALF, LARGE }, { { 0, HALF }, { 0, LARGE } }, UNSTABLE },
  { "what_is_to_last_goes_as_one", { LARGE }, { { 0, LARGE } }, FILE_SYNC },
};

static void
goes_in_these_parts (void **state)
{
  Ground *ground = *state;
  const Parting *row = ground->row;
  WireRig *rig = ground_open (ground);
  Asker askers[G_N_ELEMENTS (row->counts)];

  for (gsize i = 0; i < G_N_ELEMENTS (row->counts) && row->counts[i] > 0; i++)
    ask (rig, &askers[i], row->counts[i], row->stable);
  fetch (rig);
  for (gsize i = 0; i < G_N_ELEMENTS (row->parts) && row->parts[i].end > 0; i++)
    expect (rig, row->parts[i].begin, row->parts[i].end, row->stable);
  assert_int_equal (rig->seen->len, 0);
}

/* ---- what the answers come to ---- */

typedef struct
{
  enum
  {
    KIND_WRITTEN,
    KIND_FAILED,
    KIND_DENIED, /* by RPC */
    KIND_BROKEN
  } kind;
  guint32 count;
  stable_how committed;
  guint32 verifier;
} Reply;

#define WRITTEN(count)                                                                                                 \
  {                                                                                                                    \
    KIND_WRITTEN, count, UNSTABLE, OLD                                                                                 \
  }
#define FAILED                                                                                                         \
  {                                                                                                                    \
    KIND_FAILED                                                                                                        \
  }

/* Of a write of LARGE bytes. */
typedef struct
{
  const char *name;
  Reply replies[N_HALVES];
  nfsstat3 status;
  count3 count;
  stable_how committed;
  count3 reach;
} Row;

static const Row rows[] = {
  { "both_are_written", { WRITTEN (HALF), WRITTEN (HALF) }, NFS3_OK, LARGE, UNSTABLE, LARGE },
  { "both_are_lasting",
    { { KIND_WRITTEN, HALF, FILE_SYNC, OLD }, { KIND_WRITTEN, HALF, FILE_SYNC, OLD } },
    NFS3_OK,
    LARGE,
    FILE_SYNC,
    LARGE },
  { "one_is_lasting", { { KIND_WRITTEN, HALF, FILE_SYNC, OLD }, WRITTEN (HALF) }, NFS3_OK, LARGE, UNSTABLE, LARGE },
  { "the_other_is_lasting",
    { WRITTEN (HALF), { KIND_WRITTEN, HALF, DATA_SYNC, OLD } },
    NFS3_OK,
    LARGE,
    UNSTABLE,
    LARGE },
  { "the_first_is_short", { WRITTEN (100), WRITTEN (HALF) }, NFS3_OK, 100, UNSTABLE, LARGE },
  { "the_second_is_short", { WRITTEN (HALF), WRITTEN (100) }, NFS3_OK, HALF + 100, UNSTABLE, HALF + 100 },
  { "the_second_is_nothing", { WRITTEN (HALF), WRITTEN (0) }, NFS3_OK, HALF, UNSTABLE, 0 },
  { "the_first_is_nothing", { WRITTEN (0), WRITTEN (HALF) }, NFS3_OK, 0, UNSTABLE, LARGE },
  { "the_first_fails", { FAILED, WRITTEN (HALF) }, NFS3ERR_NOSPC, 0, UNSTABLE, LARGE },
  { "the_second_fails", { WRITTEN (HALF), FAILED }, NFS3_OK, HALF, UNSTABLE, 0 },
  { "both_fail", { FAILED, FAILED }, NFS3ERR_NOSPC, 0, UNSTABLE, 0 },
  { "the_server_was_another_one_in_between",
    { WRITTEN (HALF), { KIND_WRITTEN, HALF, UNSTABLE, NEW } },
    NFS3_OK,
    HALF,
    UNSTABLE,
    LARGE },
  { "more_is_said_to_be_written_than_there_was",
    { WRITTEN (G_MAXUINT32), WRITTEN (LARGE) },
    NFS3_OK,
    LARGE,
    UNSTABLE,
    LARGE },
  { "the_first_is_denied", { { KIND_DENIED }, WRITTEN (HALF) }, NFS3ERR_IO, 0, UNSTABLE, LARGE },
  { "the_second_is_denied", { WRITTEN (HALF), { KIND_DENIED } }, NFS3_OK, HALF, UNSTABLE, 0 },
  { "the_second_is_no_answer", { WRITTEN (HALF), { KIND_BROKEN } }, NFS3_OK, HALF, UNSTABLE, 0 },
};

static void
put_reply (GByteArray *out, guint32 xid, const Reply *reply)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  if (reply->kind == KIND_DENIED)
    {
      const guint32 denied[] = { xid, 1, 1, 1, 1 }; /* a bad credential */

      for (gsize i = 0; i < G_N_ELEMENTS (denied); i++)
        xdr_put_u32 (message, denied[i]);
    }
  else
    {
      wire_rig_put_head (message, xid);
      xdr_put_u32 (message, reply->kind == KIND_FAILED ? NFS3ERR_NOSPC : NFS3_OK);
      for (int i = 0; i < 2; i++) /* what it was like before, and is now: not told */
        xdr_put_u32 (message, FALSE);
    }
  if (reply->kind == KIND_WRITTEN)
    {
      xdr_put_u32 (message, reply->count);
      xdr_put_u32 (message, reply->committed);
      xdr_put_u32 (message, reply->verifier);
      xdr_put_u32 (message, 0);
    }
  wire_rig_put_record (out, message);
}

static void
give (WireRig *self, guint32 xid, const Reply *reply)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  put_reply (bytes, xid, reply);
  wire_rig_give (self, bytes->data, bytes->len);
}

static void
assert_joined (WireRig *self, const Row *row, Half comes_first)
{
  const Half comes_last = comes_first == HALF_FIRST ? HALF_SECOND : HALF_FIRST;
  guint32 xids[N_HALVES];
  Asker asker;

  ask (self, &asker, LARGE, UNSTABLE);
  fetch (self);
  xids[HALF_FIRST] = expect (self, 0, HALF, UNSTABLE);
  xids[HALF_SECOND] = expect (self, HALF, LARGE, UNSTABLE);
  give (self, xids[comes_first], &row->replies[comes_first]);
  assert_int_equal (asker.n_answers, 0);
  give (self, xids[comes_last], &row->replies[comes_last]);
  assert_int_equal (asker.n_answers, 1);
  assert_false (asker.denied);
  assert_int_equal (asker.result.res.status, row->status);
  assert_int_equal (asker.result.reach, row->reach);
  if (row->status != NFS3_OK)
    return;
  assert_int_equal (asker.result.res.WRITE3res_u.resok.count, row->count);
  assert_int_equal (asker.result.res.WRITE3res_u.resok.committed, row->committed);
}

static void
are_joined (void **state)
{
  Ground *ground = *state;
  WireRig *rig = ground_open (ground);

  for (Half half = HALF_FIRST; half < N_HALVES; half++)
    assert_joined (rig, ground->row, half);
}

/* The mode of a file tells whether what it may do as its owner has gone with a write. */
static void
what_the_last_one_says_of_the_file_holds (void **state)
{
  Halves *self = halves_new (HALF, HALF);
  WRITE3res answers[N_HALVES] = { { .status = NFS3_OK }, { .status = NFS3_OK } };
  WriteResult whole;

  for (Half half = HALF_FIRST; half < N_HALVES; half++)
    {
      WRITE3resok *ok = &answers[half].WRITE3res_u.resok;

      ok->count = HALF;
      ok->file_wcc.after.attributes_follow = TRUE;
      ok->file_wcc.after.post_op_attr_u.attributes.mode = half + 1;
    }
  assert_false (halves_take (self, HALF_SECOND, &answers[HALF_SECOND], &whole));
  assert_true (halves_take (self, HALF_FIRST, &answers[HALF_FIRST], &whole));
  assert_int_equal (whole.res.WRITE3res_u.resok.file_wcc.after.post_op_attr_u.attributes.mode, HALF_FIRST + 1);
  halves_unref (self);
  halves_unref (self);
}

/* ---- its end ---- */

static void
half_an_answer_is_none (void **state)
{
  WireRig *self = ground_open (*state);
  const Reply written = WRITTEN (HALF);
  Asker asker;
  guint32 xid;

  ask (self, &asker, LARGE, UNSTABLE);
  fetch (self);
  xid = expect (self, 0, HALF, UNSTABLE);
  give (self, xid, &written);
  wire_rig_disconnect (self);
  wire_rig_connect (self, answered);
  assert_int_equal (asker.n_answers, 0);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (partings) + G_N_ELEMENTS (rows) + 2] = {
    cmocka_unit_test (what_the_last_one_says_of_the_file_holds),
    TEST_ON (ground, half_an_answer_is_none),
  };
  gsize n = 2;

  for (gsize i = 0; i < G_N_ELEMENTS (partings); i++)
    tests[n++] = TEST_ON_ROW (ground, &partings[i], goes_in_these_parts);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[n++] = TEST_ON_ROW (ground, &rows[i], are_joined);
  return cmocka_run_group_tests_name ("halves", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is understood of answers, by itself: each lies at the very end of what memory there is, so that whoever looks
 * behind it ends the test. */
#include "answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "nfs-fuse/answer-sample.h"
#include "support/seed.h"

#define N_ROUNDS 500000
#define ROOM (64u * 1024)
#define BEHIND 0x5a

/* Memory, and then none. */
typedef struct
{
  guint8 *room;
  GArray *names;
  GArray *entries;
} Place;

static int
place_open (void **state)
{
  Place *self = g_new0 (Place, 1);
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);

  self->room = mmap (NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  self->names = g_array_new (FALSE, FALSE, sizeof (entry3));
  self->entries = g_array_new (FALSE, FALSE, sizeof (entryplus3));
  *state = self;
  return self->room == MAP_FAILED ? -1 : mprotect (self->room + ROOM, page, PROT_NONE);
}

static int
place_close (void **state)
{
  Place *self = *state;

  munmap (self->room, ROOM + (gsize) sysconf (_SC_PAGESIZE));
  g_array_unref (self->names);
  g_array_unref (self->entries);
  g_free (self);
  return 0;
}

/* FALSE: it is no answer. */
static gboolean
understand (Place *self, const AnswerSample *sample, const guint8 *data, guint length, ProcedureResult *result)
{
  Answer answer = { { self->room + ROOM - 1 - length, length, FALSE }, self->names, self->entries };

  assert_true (length < ROOM);
  if (length > 0)
    memcpy (self->room + ROOM - 1 - length, data, length);
  self->room[ROOM - 1] = BEHIND;
  memset (result, 0, sizeof *result);
  sample->procedure->read (&answer, result);
  /* Nothing but the end of a string may be there. */
  assert_true (self->room[ROOM - 1] == BEHIND || self->room[ROOM - 1] == '\0');
  return !answer.xdr.broken;
}

static const AnswerSample *
find_sample (const Procedure *procedure)
{
  for (guint i = 0; i < n_answer_samples; i++)
    if (answer_samples[i].procedure == procedure)
      return &answer_samples[i];
  g_assert_not_reached ();
}

static void
the_entries_of_a_directory_come_in_their_order (void **state)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const AnswerSample *sample = find_sample (&procedure_readdirplus);
  ProcedureResult result;
  guint n = 0;

  sample->put (bytes);
  assert_true (understand (*state, sample, bytes->data, bytes->len, &result));
  assert_true (result.readdirplus.READDIRPLUS3res_u.resok.reply.eof);
  for (const entryplus3 *at = result.readdirplus.READDIRPLUS3res_u.resok.reply.entries; at != NULL; at = at->nextentry)
    {
      const nfs_fh3 *handle = &at->name_handle.post_op_fh3_u.handle;

      assert_true (at->cookie == ANSWER_SAMPLE_COOKIE + ++n);
      assert_int_equal (strlen (at->name), n);
      assert_memory_equal (at->name, "abcdefghi", n);
      assert_int_equal (handle->data.data_len, 3 + n);
      assert_memory_equal (handle->data.data_val, "a handle of it", 3 + n);
    }
  assert_int_equal (n, ANSWER_SAMPLE_ENTRIES);
}

static void
a_target_ends_where_its_answer_does (void **state)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const AnswerSample *sample = find_sample (&procedure_readlink);
  ProcedureResult result;

  sample->put (bytes);
  assert_true (understand (*state, sample, bytes->data, bytes->len, &result));
  assert_string_equal (result.readlink.READLINK3res_u.resok.data, "a target");
}

static void
an_answer_that_ends_too_early_is_none (void **state)
{
  for (guint i = 0; i < n_answer_samples; i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      ProcedureResult result;

      answer_samples[i].put (bytes);
      assert_true (understand (*state, &answer_samples[i], bytes->data, bytes->len, &result));
      for (guint length = 0; length < bytes->len; length++)
        assert_false (understand (*state, &answer_samples[i], bytes->data, length, &result));
    }
}

static void
an_answer_lends_nothing_that_is_not_its_own (void **state)
{
  g_autoptr (GRand) rand = seed_rand_new ();
  guint n_good = 0;
  guint64 sum = 0;

  for (int i = 0; i < N_ROUNDS; i++)
    {
      const AnswerSample *sample = &answer_samples[g_rand_int_range (rand, 0, (gint) n_answer_samples)];
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      ProcedureResult result;

      sample->put (bytes);
      answer_sample_spoil (rand, bytes);
      if (!understand (*state, sample, bytes->data, bytes->len, &result) || result.getattr.status != NFS3_OK)
        continue;
      n_good++;
      sum ^= sample->sum (&result);
    }
  print_message ("# %u were understood (%" G_GINT64_MODIFIER "x)\n", n_good, sum);
  assert_in_range (n_good, N_ROUNDS / 10, N_ROUNDS - N_ROUNDS / 10);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (the_entries_of_a_directory_come_in_their_order, place_open, place_close),
    cmocka_unit_test_setup_teardown (a_target_ends_where_its_answer_does, place_open, place_close),
    cmocka_unit_test_setup_teardown (an_answer_that_ends_too_early_is_none, place_open, place_close),
    cmocka_unit_test_setup_teardown (an_answer_lends_nothing_that_is_not_its_own, place_open, place_close),
  };

  return cmocka_run_group_tests_name ("answers", tests, NULL, NULL);
}

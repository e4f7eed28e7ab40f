/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a directory does not have is learnt by listing it. Where that cannot be done, or a server lists its directories
 * as none should, each name is asked for as before, and no more is asked than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "support/own-net.h"

#define N_FILES 300u
/* So many answers to one listing are heard at most. */
#define ANSWERS_MAX 64
/* More than are learnt of one directory. */
#define N_TOO_MANY 8200u

static void
a_directory_that_is_too_large_is_not_learnt (void **state)
{
  Counted *ground = *state;
  guint lookups;

  if (!counted_open (ground, counted_alone))
    skip ();
  for (guint i = 0; i < N_TOO_MANY; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/large-%u", ground->export.data, i);

      assert_int_equal (mknod (path, S_IFREG | 0644, 0), 0);
    }
  lookups = lossy_count (ground->lossy, NFS3_LOOKUP);
  for (guint i = 0; i < N_FILES; i++)
    counted_make_numbered (ground, "file", i);
  assert_int_equal (lossy_count (ground->lossy, NFS3_LOOKUP), lookups + N_FILES);
  assert_in_range (lossy_count (ground->lossy, NFS3_READDIR), 1, ANSWERS_MAX);
}

/* ---- what is no listing ---- */

/* Behind the status and the directory's attributes. */
#define VERIFIER_AT (FORGERY_STATUS_AT + (1 + 22) * 4)

typedef struct
{
  LossyForge forge;
  GByteArray *first;
  guint n;
} Forgery;

/* Over and over the same, and never the end. */
static void
go_round (GByteArray *answer, gpointer data)
{
  const guint xid_size = 4;
  Forgery *self = data;

  if (self->first == NULL)
    {
      memset (answer->data + answer->len - 4, 0, 4);
      self->first = g_byte_array_append (g_byte_array_new (), answer->data, answer->len);
      return;
    }
  g_byte_array_set_size (answer, xid_size);
  g_byte_array_append (answer, self->first->data + xid_size, self->first->len - xid_size);
}

static void
go_on_empty (GByteArray *answer, gpointer data)
{
  memset (answer->data + answer->len - 4, 0, 4);
}

static void
change_verifier (GByteArray *answer, gpointer data)
{
  Forgery *self = data;

  if (self->n++ == 0)
    memset (answer->data + answer->len - 4, 0, 4);
  answer->data[VERIFIER_AT] ^= (guint8) self->n;
}

static void
refuse (GByteArray *answer, gpointer data)
{
  /* What is left of the answer is attributes. */
  forgery_put_status (answer, NFS3ERR_ACCES);
}

static void
assert_asked_as_before (Counted *ground, Forgery *forgery)
{
  guint lookups;

  if (!counted_open (ground, counted_alone))
    skip ();
  lossy_forge (ground->lossy, NFS3_READDIR, forgery->forge, forgery);
  lookups = lossy_count (ground->lossy, NFS3_LOOKUP);
  for (guint i = 0; i < N_FILES; i++)
    counted_make_numbered (ground, "file", i);
  assert_int_equal (lossy_count (ground->lossy, NFS3_LOOKUP), lookups + N_FILES);
  assert_in_range (lossy_count (ground->lossy, NFS3_READDIR), 1, ANSWERS_MAX);
  counted_clear (ground);
}

static void
a_listing_that_is_none_does_no_harm (void **state)
{
  Forgery forgeries[] = { { go_round }, { go_on_empty }, { change_verifier }, { refuse } };

  for (gsize i = 0; i < G_N_ELEMENTS (forgeries); i++)
    {
      assert_asked_as_before (*state, &forgeries[i]);
      g_clear_pointer (&forgeries[i].first, g_byte_array_unref);
    }
}

/* Nobody waits for it. */
static void
a_listing_that_is_lost_is_not_asked_for_again (void **state)
{
  Counted *ground = *state;

  if (!counted_open (ground, counted_alone))
    skip ();
  lossy_lose (ground->lossy, NFS3_READDIR, NULL, NULL);
  for (guint i = 0; i < N_FILES || !lossy_has_lost (ground->lossy); i++)
    counted_make_numbered (ground, "file", i);
  for (guint i = 0; i < N_FILES; i++)
    counted_make_numbered (ground, "after", i);
  assert_int_equal (lossy_count (ground->lossy, NFS3_READDIR), 1);
}

static void
what_was_not_heard_of_names_is_asked_again (void **state)
{
  Counted *ground = *state;

  if (!counted_open (ground, counted_alone))
    skip ();
  lossy_lose (ground->lossy, NFS3_PATHCONF, NULL, NULL);
  counted_learn (ground, "file");
  assert_true (lossy_has_lost (ground->lossy));
  assert_int_equal (lossy_count (ground->lossy, NFS3_PATHCONF), 2);
}

/* ---- names that are found by others ---- */

/* The last two words of its answer: whether it takes small letters for large ones, and whether it keeps what it got. */
static void
take_small_for_large (GByteArray *answer, gpointer data)
{
  answer->data[answer->len - 5] = TRUE;
}

static void
keep_small_letters (GByteArray *answer, gpointer data)
{
  answer->data[answer->len - 1] = FALSE;
}

static void
cut_names (GByteArray *answer, gpointer data)
{
  answer->data[answer->len - 13] = FALSE;
}

static void
where_names_are_not_exact_nothing_is_learnt (void **state)
{
  const LossyForge forges[] = { take_small_for_large, keep_small_letters, cut_names };

  for (gsize i = 0; i < G_N_ELEMENTS (forges); i++)
    {
      Counted *ground = *state;
      guint lookups;

      if (!counted_open (ground, counted_alone))
        skip ();
      lossy_forge (ground->lossy, NFS3_PATHCONF, forges[i], NULL);
      lookups = lossy_count (ground->lossy, NFS3_LOOKUP);
      for (guint n = 0; n < N_FILES; n++)
        counted_make_numbered (ground, "file", n);
      assert_int_equal (lossy_count (ground->lossy, NFS3_LOOKUP), lookups + N_FILES);
      assert_int_equal (lossy_count (ground->lossy, NFS3_PATHCONF), 1);
      assert_int_equal (lossy_count (ground->lossy, NFS3_READDIR), 0);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, a_directory_that_is_too_large_is_not_learnt),
    TEST_ON (counted, a_listing_that_is_none_does_no_harm),
    TEST_ON (counted, a_listing_that_is_lost_is_not_asked_for_again),
    TEST_ON (counted, what_was_not_heard_of_names_is_asked_again),
    TEST_ON (counted, where_names_are_not_exact_nothing_is_learnt),
  };

  return own_net_run ("absent listing", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories whose server lists them in circles, or more of them than it was asked for: whoever reads one comes to an
 * end, and to each name that there is. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/odd-ground.h"
#include "support/own-net.h"
#include "support/proc.h"

/* More than any of those that are listed in circles may give. */
#define TOO_MANY 1000
#define N_OPEN 60
/* With so many open: much more than it takes, and much less than all that the server says. */
#define RESIDENT_MAX_KIB (100 * 1024)

typedef struct
{
  OddGround odd;
  DIR *dirs[N_OPEN]; /* the test's are closed behind it, whatever became of it */
} Ground;

static void
ground_clear (Ground *self)
{
  for (int i = 0; i < N_OPEN; i++)
    if (self->dirs[i] != NULL)
      closedir (self->dirs[i]);
  if (self->odd.volume.path != NULL)
    served_stop (&self->odd.volume);
  odd_ground_clear (&self->odd);
}
TEST_STATE (Ground, ground)

static DIR *
open_listing (Ground *self, OddListing listing)
{
  int i = 0;

  /* Who waits for ever has failed. */
  if (self->odd.server == NULL)
    odd_ground_open (&self->odd, (const char *const[]){ "--soft=30", NULL });
  g_atomic_int_set (&self->odd.manners.listing, listing);
  while (self->dirs[i] != NULL)
    i++;
  self->dirs[i] = opendir (self->odd.volume.path);
  assert_non_null (self->dirs[i]);
  return self->dirs[i];
}

/* It ends with this error, after so many names at least. */
static void
assert_fails (Ground *self, OddListing listing, guint n_names)
{
  DIR *dir = open_listing (self, listing);
  guint n = 0;

  do
    errno = 0;
  while (readdir (dir) != NULL && ++n < TOO_MANY);
  assert_int_equal (errno, ELOOP);
  assert_in_range (n, n_names, TOO_MANY - 1);
}

static void
a_circle_of_answers_ends (void **state)
{
  assert_fails (*state, ODD_LISTING_CIRCLE, 3);
}

static void
an_answer_that_leads_to_itself_ends (void **state)
{
  assert_fails (*state, ODD_LISTING_ONE_PLACE, 3);
}

static void
an_answer_that_leads_to_the_beginning_ends (void **state)
{
  assert_fails (*state, ODD_LISTING_BEGINNING, 0);
}

static void
a_circle_of_names_that_are_none_ends (void **state)
{
  assert_fails (*state, ODD_LISTING_HIDDEN, 0);
}

static void
what_went_in_circles_can_be_read_when_it_does_not_any_more (void **state)
{
  Ground *self = *state;
  DIR *dir = open_listing (self, ODD_LISTING_CIRCLE);

  for (int n = 0; n < TOO_MANY && readdir (dir) != NULL; n++)
    continue;
  g_atomic_int_set (&self->odd.manners.listing, ODD_LISTING_EMPTY);
  rewinddir (dir);
  errno = 0;
  assert_null (readdir (dir));
  assert_int_equal (errno, 0);
}

/* Each once, in whatever order. */
static void
assert_lists_all (Ground *self, OddListing listing)
{
  g_autofree guint8 *seen = g_malloc0 (ODD_LISTING_MANY);
  DIR *dir = open_listing (self, listing);
  const struct dirent *entry;
  guint n = 0;

  for (errno = 0; (entry = readdir (dir)) != NULL; n++)
    {
      guint64 number = g_ascii_strtoull (entry->d_name + 1, NULL, 10);

      assert_true (entry->d_name[0] == 'n' && number < ODD_LISTING_MANY);
      assert_int_equal (seen[number]++, 0);
    }
  assert_int_equal (errno, 0);
  assert_int_equal (n, ODD_LISTING_MANY);
}

static void
names_that_share_a_cookie_come_once_each (void **state)
{
  assert_lists_all (*state, ODD_LISTING_TWINS);
}

static void
answers_with_more_names_than_were_asked_for_lose_none (void **state)
{
  assert_lists_all (*state, ODD_LISTING_LONG);
}

static void
directories_that_are_open_take_what_was_asked_for (void **state)
{
  Ground *self = *state;

#ifdef __SANITIZE_ADDRESS__
  print_message ("# skip: AddressSanitizer takes more memory than there may be\n");
  skip ();
#endif
  for (int i = 0; i < N_OPEN; i++)
    assert_non_null (readdir (open_listing (self, ODD_LISTING_LONG)));
  assert_in_range (proc_read_status (self->odd.volume.pid, "VmRSS", 10), 1, RESIDENT_MAX_KIB);
}

/* What programs do that delete while they read, and seek. */
static void
who_goes_back_himself_is_not_taken_for_a_circle (void **state)
{
  DIR *dir = open_listing (*state, ODD_LISTING_LONG);
  long places[50];

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      for (int k = 0; k < 300; k++)
        assert_non_null (readdir (dir));
      places[i] = telldir (dir);
    }
  for (int round = 0; round < 3; round++)
    for (gsize i = G_N_ELEMENTS (places); i-- > 1;)
      {
        seekdir (dir, places[i - 1]);
        for (int k = 0; k < 300; k++)
          assert_non_null (readdir (dir));
        assert_int_equal (telldir (dir), places[i]);
      }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, a_circle_of_answers_ends),
    TEST_ON (ground, an_answer_that_leads_to_itself_ends),
    TEST_ON (ground, an_answer_that_leads_to_the_beginning_ends),
    TEST_ON (ground, a_circle_of_names_that_are_none_ends),
    TEST_ON (ground, what_went_in_circles_can_be_read_when_it_does_not_any_more),
    TEST_ON (ground, names_that_share_a_cookie_come_once_each),
    TEST_ON (ground, answers_with_more_names_than_were_asked_for_lose_none),
    TEST_ON (ground, directories_that_are_open_take_what_was_asked_for),
    TEST_ON (ground, who_goes_back_himself_is_not_taken_for_a_circle),
  };

  return own_net_run ("odd listings", tests);
}

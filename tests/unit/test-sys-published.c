/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knowing without reading that nothing has changed, what makes that end, and what it costs. */

#include <sys/syscall.h>
#include <time.h>

#include "support/supervisor.h"
#include "unit/publish-place.h"

#define FILES "bar=bar|foo/x=foo"

typedef struct
{
  const char *name;
  void (*touch) (PublishPlace *place); /* NULL: nothing */
  const char *stamp;                   /* that is asked for; "1" was published */
  gboolean is_current;
} CurrentRow;

/* The clock of file times may stand still for some milliseconds: waits until it has moved on. */
static void
wait_for_file_clock (void)
{
  struct timespec before, now;

  clock_gettime (CLOCK_REALTIME_COARSE, &before);
  do
    {
      g_usleep (1000);
      clock_gettime (CLOCK_REALTIME_COARSE, &now);
    }
  while (now.tv_sec == before.tv_sec && now.tv_nsec == before.tv_nsec);
}

static void
overwrite (PublishPlace *place, const char *path, const char *content, int flags)
{
  KVOL_AUTO_FD fd = openat (place->fd, path, O_WRONLY | O_CLOEXEC | flags);

  assert_true (fd >= 0 && write (fd, content, strlen (content)) == (ssize_t) strlen (content));
}

static void
write_as_much (PublishPlace *place)
{
  overwrite (place, "..data/bar", "BAR", 0);
}

static void
write_more (PublishPlace *place)
{
  overwrite (place, "..data/foo/x", "more", O_APPEND);
}

static void
change_mode (PublishPlace *place)
{
  assert_int_equal (fchmodat (place->fd, "..data/bar", 0600, 0), 0);
}

static void
remove_file (PublishPlace *place)
{
  assert_int_equal (unlinkat (place->fd, "..data/foo/x", 0), 0);
}

static void
replace_file (PublishPlace *place)
{
  publish_place_plant (place, "..data/new=bar");
  assert_int_equal (renameat (place->fd, "..data/new", place->fd, "..data/bar"), 0);
}

static void
replace_by_link (PublishPlace *place)
{
  assert_int_equal (renameat (place->fd, "..data/bar", place->fd, "..data/old"), 0);
  publish_place_plant (place, "..data/bar->old");
}

static void
turn_data (PublishPlace *place)
{
  assert_int_equal (unlinkat (place->fd, "..data", 0), 0);
  publish_place_plant (place, "..data->..2026_01_02_03_04_05.1");
}

static void
remove_data (PublishPlace *place)
{
  assert_int_equal (unlinkat (place->fd, "..data", 0), 0);
}

static void
remove_link (PublishPlace *place)
{
  assert_int_equal (unlinkat (place->fd, "foo", 0), 0);
}

static void
read_files (PublishPlace *place)
{
  g_autofree char *seen = publish_place_dup_seen (place);

  assert_string_equal (seen, FILES);
}

static const CurrentRow current_rows[] = {
  { "untouched files of the same stamp are current", NULL, "1", TRUE },
  { "files that were read are current", read_files, "1", TRUE },
  { "another stamp is not current", NULL, "2", FALSE },
  { "no stamp is not current", NULL, NULL, FALSE },
  { "other content of the same length is seen", write_as_much, "1", FALSE },
  { "other content is seen", write_more, "1", FALSE },
  { "another mode is seen", change_mode, "1", FALSE },
  { "a file that is missing is seen", remove_file, "1", FALSE },
  { "a file that was replaced by an equal one is seen", replace_file, "1", FALSE },
  { "a file that became a link to itself is seen", replace_by_link, "1", FALSE },
  { "another version is seen", turn_data, "1", FALSE },
  { "a data link that is missing is seen", remove_data, "1", FALSE },
  { "a user-visible link that is missing is seen", remove_link, "1", FALSE },
};

static void
check_current (void **state)
{
  const CurrentRow *row = *state;
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autoptr (GError) error = NULL;

  assert_true (publish_place_try (place, FILES, -1, "1", NULL));
  wait_for_file_clock ();
  if (row->touch != NULL)
    row->touch (place);
  assert_int_equal (sys_published_is_current (place->published, place->fd, row->stamp, SYS_LOOK_AT_FILES),
                    row->is_current);

  /* Whatever it was, publishing heals it, and is remembered. */
  assert_true (publish_place_try (place, FILES, -1, "1", &error));
  publish_place_assert (place, FILES, "VERSION ..data bar foo");
  assert_true (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_FILES));
}

static void
nothing_remembered_is_not_current (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  publish_place_must (place, FILES);
  assert_false (sys_published_is_current (NULL, place->fd, "1", SYS_LOOK_AT_FILES));
  assert_false (sys_published_is_current (place->published, place->fd, NULL, SYS_LOOK_AT_FILES));
}

static void
a_new_stamp_for_the_same_files_is_remembered (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  assert_true (publish_place_try (place, FILES, -1, "1", NULL));
  before = publish_place_dup_version (place);
  assert_true (publish_place_try (place, FILES, -1, "2", NULL));
  after = publish_place_dup_version (place);
  assert_string_equal (after, before);
  assert_true (sys_published_is_current (place->published, place->fd, "2", SYS_LOOK_AT_FILES));
  assert_false (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_FILES));
}

static void
a_failed_update_keeps_what_is_remembered (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  assert_true (publish_place_try (place, FILES, -1, "1", NULL));
  assert_false (publish_place_try (place, "..=", -1, "2", NULL));
  assert_true (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_FILES));
}

static void
a_link_of_somebody_else_neither_bothers_nor_goes (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  publish_place_plant_all (place, "mine->/etc other->..data/foo");
  assert_true (publish_place_try (place, FILES, -1, "1", NULL));
  assert_true (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_FILES));
  assert_true (publish_place_try (place, FILES "|mine=1", -1, "2", NULL));
  publish_place_assert (place, FILES "|mine=1", "VERSION ..data bar foo mine other->..data/foo");
}

/* ---- what it costs ---- */

#define TEN "a=1|b=2|c=3|d=4|e=5|f=6|g=7|h=8|i=9|j=10"

static void
a_look_at_the_directory_sees_a_new_version_and_not_a_touched_file (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *file = g_build_filename (place->dir, "a", NULL);
  g_autofree char *link = g_build_filename (place->dir, "..data", NULL);

  assert_true (publish_place_try (place, "a=1", -1, "1", NULL));

  KVOL_AUTO_FD touched = open (file, O_WRONLY | O_CLOEXEC);

  assert_int_equal (write (touched, "22", 2), 2);
  assert_true (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_DIRECTORY));
  assert_false (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_FILES));
  assert_int_equal (unlink (link), 0);
  assert_int_equal (symlink ("..2020_01_01_00_00_00.1", link), 0);
  assert_false (sys_published_is_current (place->published, place->fd, "1", SYS_LOOK_AT_DIRECTORY));
}

typedef struct
{
  const char *name;
  const char *before; /* NULL: nothing was published, and nothing is remembered */
  const char *after;  /* NULL: only asked */
  guint openat, read_links, removed, total;
} CostRow;

static const CostRow cost_rows[] = {
  { "asking for ten files takes 12 calls", TEN, NULL, 0, 1, 0, 12 },
  { "comparing ten small files reads none", TEN, TEN, 0, 1, 0, 16 },
  { "the first ten files are opened once each", NULL, TEN, 12, 1, 0, 51 },
  { "one changed file of ten costs no listing and no reading", TEN, "a=1|b=2|c=3|d=4|e=5|f=6|g=7|h=8|i=9|j=11", 11, 1,
    11, 61 },
};

typedef struct
{
  const CostRow *row;
  PublishPlace *place;
} Cost;

static int
spend (gpointer data)
{
  const Cost *cost = data;
  gboolean ok;

  /* The first look at the time zone opens files. */
  tzset ();
  g_random_int ();
  supervisor_begin ();
  if (cost->row->after == NULL)
    ok = sys_published_is_current (cost->place->published, cost->place->fd, "1", SYS_LOOK_AT_FILES);
  else
    ok = publish_place_try (cost->place, cost->row->after, -1, "2", NULL);
  supervisor_end ();
  return ok ? 0 : 1;
}

static void
check_cost (void **state)
{
  const CostRow *row = *state;
  g_autoptr (PublishPlace) place = publish_place_new ();
  Cost cost = { .row = row, .place = place };
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result;
  const char *reason = NULL;

  if (!supervisor_works (&reason))
    skip_because (reason);
  if (row->before != NULL)
    assert_true (publish_place_try (place, row->before, -1, "1", NULL));
  assert_true (supervisor_run (&plan, spend, &cost, &result, NULL));
  assert_int_equal (result.wait_status, 0);
  assert_int_equal (result.counts[SYS_openat], row->openat);
  assert_int_equal (result.counts[SYS_readlinkat], row->read_links);
  assert_int_equal (result.counts[SYS_unlinkat], row->removed);
  assert_true (result.total <= row->total);
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (nothing_remembered_is_not_current),
    cmocka_unit_test (a_look_at_the_directory_sees_a_new_version_and_not_a_touched_file),
    cmocka_unit_test (a_new_stamp_for_the_same_files_is_remembered),
    cmocka_unit_test (a_failed_update_keeps_what_is_remembered),
    cmocka_unit_test (a_link_of_somebody_else_neither_bothers_nor_goes),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, current_rows, check_current);
  rows_add_all (tests, cost_rows, check_cost);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return publish_run_tests ("sys/published", tests);
}

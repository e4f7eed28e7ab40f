/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted in a directory is neither deleted nor counted, of whatever kind the mount is and wherever it is. */

#include "unit/contents-place.h"

typedef struct
{
  const char *name;
  const char *at;     /* where it is mounted, in the volume */
  const char *source; /* below the outside; NULL: another file system */
  const char *canary; /* in the volume, through the mount */
  const char *told;   /* what the error names */
} MountRow;

static const MountRow mount_rows[] = {
  { "another file system survives", "a", NULL, "a/canary", "directory \"a\"" },
  { "another file system in the depth survives", "a/b/c", NULL, "a/b/c/canary", "directory \"a/b/c\"" },
  { "a bind mount of the same file system survives", "a", "dir", "a/canary", "directory \"a\"" },
  { "a bind mount of the same file system in the depth survives", "a/b/c", "dir", "a/b/c/canary",
    "directory \"a/b/c\"" },
  { "a bind mount that holds another one survives", "a/b", ".", "a/b/dir/canary", "directory \"a/b\"" },
  { "a bind mount of a file survives", "file", "canary", "file", "file \"file\"" },
  { "a bind mount of a file in the depth survives", "a/b/file", "dir/canary", "a/b/file", "file \"a/b/file\"" },
};

static void
mount_row (Place *place, const MountRow *row)
{
  g_autofree char *target = path_at (place->volume, row->at);
  g_autofree char *canary = path_at (place->volume, row->canary);
  g_autofree char *source = NULL;

  make_dir (place->volume, "a");
  make_dir (place->volume, "a/b");
  make_dir (place->volume, "a/b/c");
  make_file (place->volume, "a/b/file", "x");
  make_file (place->volume, "a/file", "x");
  make_file (place->volume, "file", "x");
  make_dir (place->volume, "z");
  if (row->source == NULL)
    {
      assert_int_equal (mount ("none", target, "tmpfs", 0, NULL), 0);
      make_file (AT_FDCWD, canary, "canary");
      return;
    }
  source = path_at (place->outside, row->source);
  assert_int_equal (mount (source, target, NULL, MS_BIND, NULL), 0);
}

static void
check_mount (void **state)
{
  const MountRow *row = *state;
  Place *place;
  g_autofree char *target = NULL;
  g_autofree char *message = g_strdup_printf ("cannot delete %s: it is a mount point", row->told);
  g_autoptr (GError) error = NULL;
  SysContents contents;

  set_up ((void **) &place);
  target = path_at (place->volume, row->at);
  mount_row (place, row);

  assert_true (sys_measure_contents (place->volume, &contents, NULL, NULL));
  /* The volume, its 4 directories and 3 files; neither what is mounted nor what is below it. */
  assert_int_equal (contents.inodes, g_str_equal (row->at, "a") ? 3 : g_str_equal (row->at, "a/b") ? 5 : 7);

  assert_false (sys_remove_contents (place->volume, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  assert_string_equal (error->message, message);
  assert_true (has_canary (place->volume, row->canary));
  /* Everything else is gone. */
  assert_int_equal (count_entries (place->volume), 1);

  assert_int_equal (umount2 (target, 0), 0);
  remove_all (place->volume);
  tear_down ((void **) &place);
}

static void
a_mount_on_the_volume_itself_is_not_what_was_asked_for (void **state)
{
  Place *place = *state;
  g_autofree char *target = g_build_filename (place->dir, "volume", NULL);
  g_autofree char *canary = g_build_filename (target, "canary", NULL);

  make_file (place->volume, "file", "x");
  assert_int_equal (mount ("none", target, "tmpfs", 0, NULL), 0);
  make_file (AT_FDCWD, canary, "canary");
  remove_all (place->volume);
  assert_true (file_has (canary, "canary"));
  assert_int_equal (umount2 (target, 0), 0);
}

/* ---- counting ---- */

static SysContents
measure (Place *place)
{
  SysContents contents = { 0 };

  assert_true (sys_measure_contents (place->volume, &contents, NULL, NULL));
  return contents;
}

static guint64
bytes_of (int dir_fd, const char *name)
{
  struct stat st;

  assert_int_equal (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
  return (guint64) st.st_blocks * 512;
}

static void
a_file_that_is_written_counts_by_its_blocks_and_a_link_to_it_not_at_all (void **state)
{
  Place *place = *state;
  g_autofree char *big = g_strnfill (100 * 1000, 'x');
  SysContents before = measure (place), after;

  /* TestMetricsDuGetCapacity */
  assert_int_equal (before.inodes, 1);
  make_file (place->volume, "file", big);
  after = measure (place);
  assert_int_equal (after.inodes, 2);
  assert_int_equal (after.bytes, before.bytes + bytes_of (place->volume, "file"));
  assert_true (after.bytes >= before.bytes + 100 * 1000);

  make_dir (place->volume, "dir");
  before = measure (place);
  assert_int_equal (linkat (place->volume, "file", place->volume, "dir/first", 0), 0);
  assert_int_equal (linkat (place->volume, "file", place->volume, "second", 0), 0);
  after = measure (place);
  assert_int_equal (after.inodes, before.inodes);
  assert_int_equal (after.bytes, before.bytes);
}

static void
a_hole_does_not_count_and_a_link_counts_as_itself (void **state)
{
  Place *place = *state;
  g_autofree char *file = path_at (place->volume, "file");
  SysContents before, after;

  make_file (place->volume, "file", "x");
  before = measure (place);
  assert_int_equal (truncate (file, 1024 * 1024 * 1024), 0);
  assert_int_equal (symlinkat ("../outside", place->volume, "link"), 0);
  assert_int_equal (symlinkat ("file", place->volume, "link-to-file"), 0);
  after = measure (place);
  assert_int_equal (after.inodes, before.inodes + 2);
  assert_int_equal (after.bytes,
                    before.bytes + bytes_of (place->volume, "link") + bytes_of (place->volume, "link-to-file"));
}

static void
what_is_not_there_is_an_error (void **state)
{
  g_autoptr (GError) error = NULL;
  SysContents contents = { 7, 7 };

  /* TestMetricsDuRequireRealDirectory */
  assert_false (sys_measure_contents (-1, &contents, NULL, &error));
  assert_int_equal (error->domain, KVOL_ERROR);
  assert_int_equal (contents.bytes, 7);
  assert_false (sys_remove_contents (-1, NULL, NULL));
}

int
main (void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown (test, set_up, tear_down)
  const struct CMUnitTest single[] = {
    IN_PLACE (a_mount_on_the_volume_itself_is_not_what_was_asked_for),
    IN_PLACE (a_file_that_is_written_counts_by_its_blocks_and_a_link_to_it_not_at_all),
    IN_PLACE (a_hole_does_not_count_and_a_link_counts_as_itself),
    cmocka_unit_test (what_is_not_there_is_an_error),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  for (gsize i = 0; i < G_N_ELEMENTS (mount_rows); i++)
    contents_add_test (tests, mount_rows[i].name, check_mount, &mount_rows[i]);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return contents_run_tests ("sys/contents, mounts", tests);
}

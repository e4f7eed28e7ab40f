/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The upstream table of the atomic writer: what is seen after each update, and whether the update wrote at all. */

#include "sys/publish.h"

#include <sys/syscall.h>

#include "sys/tree.h"
#include "unit/publish-place.h"

#define STEPS_MAX 6
#define SINK                                                                                                           \
  ".hidden:0600=dot|10/9/8/7/6/5/4/3/2/1/deep.txt=down|Z=|bin/run:0755=#!/bin/sh|bin/x:0111=x|conf.d/"                 \
  "10-a.conf=a|conf.d/"                                                                                                \
  "20-b.conf:0400=b|sp ace/new\nline=odd"

typedef struct
{
  const char *name;
  const char *steps[STEPS_MAX]; /* payloads, one after the other, in the order of their names */
  const char *written;          /* for each step: w when a new version is made, - when not */
  const char *links;            /* the names in the volume's directory at the end */
  int umask;                    /* 0: 022 */
} UpdateRow;

static const UpdateRow update_rows[] = {
  { "TestWriteOnce/basic 1", { "bar=bar|foo=foo" }, "w", "bar foo" },
  { "TestWriteOnce/basic mode 1: modes are exact under umask 022",
    { "a:0777=|b:0400=|c:0407=|d:0666=" },
    "w",
    "a b c d",
    022 },
  { "TestWriteOnce/basic mode 1: modes are exact under umask 077",
    { "a:0777=|b:0400=|c:0407=|d:0666=" },
    "w",
    "a b c d",
    077 },
  { "TestWriteOnce/basic mode 1: modes are exact under umask 0777, of which root knows nothing",
    { "a/b:0777=|c:0400=|d:0666=" },
    "w",
    "a c d",
    0777 },
  { "TestWriteOnce/dotfiles", { ".bar=bar|.foo/.zab=zab|foo=foo" }, "w", ".bar .foo foo" },
  { "TestWriteOnce/dotfiles mode", { ".bar:0777=bar|foo:0407=foo" }, "w", ".bar foo", 027 },
  { "TestWriteOnce/subdirectories 1", { "bar/zab.txt=bar|foo/bar.txt=foo" }, "w", "bar foo" },
  { "TestWriteOnce/subdirectories mode 1", { "bar/zab.txt:0400=bar|foo/bar.txt:0777=foo" }, "w", "bar foo", 077 },
  { "TestWriteOnce/kitchen sink", { SINK }, "w", ".hidden 10 Z bin conf.d sp ace" },
  { "TestCreateUserVisibleFiles/simple nested path", { "bar/txt=2|foo/bar=1" }, "w", "bar foo" },
  { "TestUpdate/content change", { "bar=bar|foo=foo", "bar=bar|foo=FOO" }, "ww", "bar foo" },
  { "TestUpdate/content longer", { "foo=foo", "foo=foofoo" }, "ww", "foo" },
  { "TestUpdate/content shorter", { "foo=foofoo", "foo=foo" }, "ww", "foo" },
  { "TestUpdate/content gone", { "foo=foo", "foo=" }, "ww", "foo" },
  { "TestUpdate/no change", { "bar=bar|foo=foo", "bar=bar|foo=foo" }, "w-", "bar foo" },
  { "TestUpdate/no change of nothing", { "", "" }, "w-", "" },
  { "TestUpdate/addition", { "foo=foo", "bar=bar|foo=foo" }, "ww", "bar foo" },
  { "TestUpdate/deletion", { "bar=bar|foo=foo", "foo=foo" }, "ww", "foo" },
  { "TestUpdate/delete all", { "bar=bar|foo/x=foo", "" }, "ww", "" },
  { "TestUpdate/add and delete", { "bar=bar|foo=foo", "foo=foo|zip=zip" }, "ww", "foo zip" },
  { "TestUpdate/add and delete below one name", { "d/bar=bar|d/foo=foo", "d/foo=foo|d/zip/x=zip" }, "ww", "d" },
  { "TestUpdate/a file becomes a directory and a file again", { "foo=1", "foo/bar=1", "foo=1" }, "www", "foo" },
  { "TestMultipleUpdates/no change", { SINK, SINK, SINK }, "w--", ".hidden 10 Z bin conf.d sp ace" },
  { "TestMultipleUpdates/modes and content",
    { "a=1|b:0600=2", "a:0600=1|b:0600=2", "a:0600=x|b:0400=2", "a:0600=x|b:0400=2", "a=1|b:0600=2" },
    "www-w",
    "a b" },
  { "TestPathsToRemove/simple", { "bar=2|foo=1", "foo=1" }, "ww", "foo" },
  { "TestPathsToRemove/subdirs 1", { "bar/zip.txt=2|foo.txt=1", "foo.txt=1" }, "ww", "foo.txt" },
  { "TestPathsToRemove/subdirs 2: all exclusive parents go",
    { "foo.txt=1|zip/1/2/3/4/bar.txt=2", "foo.txt=1" },
    "ww",
    "foo.txt" },
  { "TestPathsToRemove/subdirs 3", { "bar/a.txt=1|zip/1/2/3/4/bar.txt=2|zip/b.txt=3", "zip/b.txt=3" }, "ww", "zip" },
  { "TestPathsToRemove/subdirs 4: shared parents stay",
    { "zap/1/2/bar.txt=1|zap/1/2/foo.txt=2", "zap/1/2/foo.txt=2" },
    "ww",
    "zap" },
  { "TestPathsToRemove/subdirs 5: shared parents stay",
    { "zap/1/2/3/bar.txt=1|zap/1/2/foo.txt=2|zap/bar.txt=3", "zap/1/2/foo.txt=2|zap/bar.txt=3" },
    "ww",
    "zap" },
  { "a change of mode alone is written", { "bar=bar|foo=foo", "bar=bar|foo:0600=foo" }, "ww", "bar foo" },
  { "a file that becomes empty and full again", { "foo=", "foo=1", "foo=" }, "www", "foo" },
};

/* Publishes the steps; @forget: as if the program had been started anew between them. */
static void
run_steps (const UpdateRow *row, gboolean forget)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *root = g_strconcat ("VERSION ..data", *row->links != '\0' ? " " : "", row->links, NULL);
  g_autofree char *before = g_strdup ("");
  gsize n = strlen (row->written);

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *seen = NULL;
      g_autofree char *version = NULL;

      if (forget)
        publish_place_restart (place);
      publish_place_must (place, row->steps[i]);
      assert_non_null (place->published);
      seen = publish_place_dup_seen (place);
      assert_string_equal (seen, row->steps[i]);
      version = publish_place_dup_version (place);
      if ((row->written[i] == 'w') == g_str_equal (version, before))
        fail_msg ("step %" G_GSIZE_FORMAT ": a new version was%s made", i + 1, row->written[i] == 'w' ? " not" : "");
      g_free (before);
      before = g_steal_pointer (&version);
    }
  publish_place_assert (place, row->steps[n - 1], root);
}

static void
check_update (void **state)
{
  const UpdateRow *row = *state;
  mode_t old = umask (row->umask != 0 ? row->umask : 022);

  run_steps (row, FALSE);
  run_steps (row, TRUE);
  umask (old);
}

/* Compared with memcmp() it would be undefined, which the sanitizers see. */
static void
an_empty_file_may_point_nowhere (void **state)
{
  static const KvolFile file = { sizeof file, "foo", NULL, 0, -1, 0644, 0 };
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  assert_true (sys_publish (place->fd, &file, 1, -1, NULL, &place->published, NULL, NULL));
  first = publish_place_dup_version (place);
  publish_place_restart (place);
  assert_true (sys_publish (place->fd, &file, 1, -1, NULL, &place->published, NULL, NULL));
  second = publish_place_dup_version (place);
  assert_string_equal (second, first);
  publish_place_must (place, "foo=1");
  publish_place_restart (place);
  assert_true (sys_publish (place->fd, &file, 1, -1, NULL, &place->published, NULL, NULL));
  third = publish_place_dup_seen (place);
  assert_string_equal (third, "foo=");
}

static void
directories_are_0755_under_any_umask (void **state)
{
  static const char *const dirs[] = { "..data/.", "..data/a", "..data/a/b" };
  g_autoptr (PublishPlace) place = publish_place_new ();
  mode_t old = umask (077);

  publish_place_must (place, "a/b/c=1");
  umask (old);
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      g_autofree char *path = g_build_filename (place->dir, dirs[i], NULL);

      assert_int_equal (file_mode (path), 0755);
    }
}

static void
every_byte_of_a_big_file_is_intact (void **state)
{
  const gsize size = 1024 * 1024 + 1;
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree guint8 *content = g_malloc (size);
  g_autofree char *path = g_build_filename (place->dir, "big", NULL);

  for (gsize i = 0; i < size; i++)
    content[i] = (i * 31) >> 3;
  for (gsize round = 0; round < 3; round++)
    {
      const KvolFile file = { sizeof file, "big", content, size - round, -1, 0644, 0 };
      g_autofree char *found = NULL;
      gsize found_size;

      assert_true (sys_publish (place->fd, &file, 1, -1, NULL, &place->published, NULL, NULL));
      assert_true (g_file_get_contents (path, &found, &found_size, NULL));
      assert_int_equal (found_size, size - round);
      assert_memory_equal (found, content, found_size);
      content[size - 10] ^= 1;
    }
}

static void
a_version_is_called_as_upstream_calls_it (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *version = NULL;
  time_t now = time (NULL);
  struct tm tm = { 0 };

  publish_place_must (place, "foo=1");
  version = publish_place_dup_version (place);
  assert_true (g_regex_match_simple ("^\\.\\.[0-9]{4}(_[0-9]{2}){5}\\.[0-9]+$", version, 0, 0));
  assert_non_null (strptime (version, "..%Y_%m_%d_%H_%M_%S.", &tm));
  assert_true (ABS (timegm (&tm) - now) < 60);
}

static void
a_directory_that_is_missing_is_an_error (void **state)
{
  g_auto (PublishFiles) files = publish_files ("foo=1");
  g_autoptr (SysPublished) published = NULL;
  g_autoptr (GError) error = NULL;

  assert_false (sys_publish (-1, files.files, files.n_files, -1, NULL, &published, NULL, &error));
  assert_int_equal (error->domain, KVOL_ERROR);
  assert_null (published);
}

static void
one_bad_path_and_nothing_is_touched (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autoptr (GError) error = NULL;

  assert_false (publish_place_try (place, "foo=1|..bar=2", -1, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  publish_place_assert (place, "", "no-data");

  publish_place_must (place, "foo=1");
  assert_false (publish_place_try (place, "foo=2|foo/bar=3", -1, NULL, NULL));
  publish_place_assert (place, "foo=1", "VERSION ..data foo");
}

static void
a_cancelled_update_changes_nothing (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_auto (PublishFiles) files = publish_files ("bar=2|foo=2");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  publish_place_must (place, "foo=1");
  g_cancellable_cancel (cancellable);
  assert_false (sys_publish (place->fd, files.files, files.n_files, -1, NULL, &place->published, cancellable, &error));
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  publish_place_assert (place, "foo=1", "VERSION ..data foo");
}

static void
a_volume_that_is_full_keeps_what_it_has (void **state)
{
  static const char *const options[] = { "size=64k", "mode=0755", NULL };
  g_autoptr (PublishPlace) place = publish_place_new ();
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", "tmpfs", options, NULL);
  g_autofree char *big = g_strnfill (100 * 1024, 'x');
  g_autofree char *line = g_strconcat ("bar=2|foo=", big, "|zip=3", NULL);
  g_autoptr (GError) error = NULL;

  assert_true (tree >= 0);
  /* A mount that hangs nowhere, as a secret's is when it is filled. */
  assert_true (dup3 (tree, place->fd, O_CLOEXEC) >= 0);
  publish_place_must (place, "foo=1");
  assert_false (publish_place_try (place, line, -1, NULL, &error));
  assert_non_null (strstr (error->message, "\"foo\": No space left on device"));
  publish_place_assert (place, "foo=1", "VERSION ..data foo");
  publish_place_must (place, "foo=2");
  publish_place_assert (place, "foo=2", "VERSION ..data foo");
}

static void
links_that_were_deleted_come_back_with_the_same_files (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  /* TestWriteAgainAfterUnexpectedExit */
  publish_place_must (place, "bar=2|foo/x=1|zip=3");
  for (int round = 0; round < 2; round++)
    {
      g_autofree char *version = publish_place_dup_version (place);
      g_autofree char *version_after = NULL;

      assert_int_equal (unlinkat (place->fd, "foo", 0), 0);
      assert_int_equal (unlinkat (place->fd, "zip", 0), 0);
      if (round == 1)
        publish_place_restart (place);
      publish_place_must (place, "bar=2|foo/x=1|zip=3");
      publish_place_assert (place, "bar=2|foo/x=1|zip=3", "VERSION ..data bar foo zip");
      version_after = publish_place_dup_version (place);
      assert_string_equal (version_after, version);
    }
}

static void
a_directory_for_a_nested_mount_is_left_alone (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  publish_place_plant_all (place, "nested/ foo/ foo/below=1");
  publish_place_must (place, "bar=2|foo=1");
  publish_place_assert (place, "bar=2|foo=1", "VERSION ..data bar foo nested");
  publish_place_must (place, "bar=2");
  publish_place_must (place, "");
  publish_place_assert (place, "", "VERSION ..data foo nested");
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (an_empty_file_may_point_nowhere),
    cmocka_unit_test (directories_are_0755_under_any_umask),
    cmocka_unit_test (every_byte_of_a_big_file_is_intact),
    cmocka_unit_test (a_version_is_called_as_upstream_calls_it),
    cmocka_unit_test (a_directory_that_is_missing_is_an_error),
    cmocka_unit_test (one_bad_path_and_nothing_is_touched),
    cmocka_unit_test (a_cancelled_update_changes_nothing),
    cmocka_unit_test (a_volume_that_is_full_keeps_what_it_has),
    cmocka_unit_test (links_that_were_deleted_come_back_with_the_same_files),
    cmocka_unit_test (a_directory_for_a_nested_mount_is_left_alone),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, update_rows, check_update);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return publish_run_tests ("sys/publish", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories made, removed and listed below a descriptor, where links and files may be in the way. */

#include "sys/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/maze.h"
#include "support/scratch.h"

static int
enter_maze (void **state)
{
  *state = maze_new ();
  return 0;
}

static int
leave_maze (void **state)
{
  maze_free (*state);
  return 0;
}

/* ---- making ---- */

static mode_t
mode_of (int dir_fd, const char *name)
{
  struct stat st = { 0 };

  assert_int_equal (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
  return st.st_mode & 07777;
}

static void
a_directory_is_made_once_and_found_again (void **state)
{
  const Maze *maze = *state;
  gboolean made = FALSE;
  int fd = sys_make_dir_at (maze->volume_fd, "once", 0750, &made, NULL);

  assert_true (fd >= 0);
  assert_true (made);
  assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
  assert_true (fcntl (fd, F_GETFL) & O_PATH);
  close (fd);
  fd = sys_make_dir_at (maze->volume_fd, "once", 0700, &made, NULL);
  assert_true (fd >= 0);
  assert_false (made);
  close (fd);
  assert_int_equal (mode_of (maze->volume_fd, "once"), 0750 & ~umask (umask (0)));
}

static void
a_name_that_is_no_directory_is_not_taken_for_one (void **state)
{
  const Maze *maze = *state;
  const char *const names[] = {
    "fifo", "loop", "absolute-directory", "climbing-directory", "climbing-missing", "inner-directory"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean made = 7;

      assert_int_equal (sys_make_dir_at (maze->volume_fd, names[i], 0755, &made, &error), -1);
      assert_int_equal (errno, ENOTDIR);
      assert_int_equal (made, 7);
      assert_int_equal (sys_make_dirs_beneath (maze->volume_fd, names[i], 0755, -1, NULL), -1);
      assert_int_equal (errno, ENOTDIR);
    }
  assert_false (maze_has (maze, "../outside/missing"));
}

static void
every_directory_of_a_path_gets_exactly_its_mode (void **state)
{
  const Maze *maze = *state;
  mode_t before = umask (077);
  int fd = sys_make_dirs_beneath (maze->volume_fd, "sub//deep/./deeper/deepest/", 01775, getegid (), NULL);

  umask (before);
  assert_true (fd >= 0);
  assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
  assert_int_equal (mode_of (fd, "."), 01775);
  assert_int_equal (mode_of (maze->volume_fd, "sub/deep"), 01775);
  assert_int_equal (mode_of (maze->volume_fd, "sub/deep/deeper"), 01775);
  assert_int_equal (mode_of (maze->volume_fd, "sub"), 0755);
  close (fd);

  fd = sys_make_dirs_beneath (maze->volume_fd, "sub/deep/deeper", 0700, -1, NULL);
  assert_true (fd >= 0);
  assert_int_equal (mode_of (fd, "."), 01775);
  close (fd);
}

static void
only_directories_that_are_made_get_the_group (void **state)
{
  const Maze *maze = *state;
  struct stat made, found;
  int fd;

  if (geteuid () != 0)
    skip_because ("only root gives a directory to any group");
  fd = sys_make_dirs_beneath (maze->volume_fd, "sub/of-group", 02770, 4242, NULL);
  assert_true (fd >= 0);
  assert_int_equal (fstat (fd, &made), 0);
  close (fd);
  assert_int_equal (made.st_gid, 4242);
  assert_int_equal (made.st_mode & 07777, 02770);
  assert_int_equal (fstatat (maze->volume_fd, "sub", &found, 0), 0);
  assert_int_not_equal (found.st_gid, 4242);
}

static void
nothing_is_made_behind_a_link_or_above (void **state)
{
  const Maze *maze = *state;
  const char *const paths[] = { "absolute-middle/made", "climbing-middle/made", "inner-middle/made", "magic/made" };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      assert_int_equal (sys_make_dirs_beneath (maze->volume_fd, paths[i], 0755, -1, NULL), -1);
      assert_int_equal (errno, ENOTDIR);
    }
  assert_int_equal (sys_make_dirs_beneath (maze->volume_fd, "first/../../outside/made", 0755, -1, &error), -1);
  assert_int_equal (error->code, KVOL_ERROR_INVALID_SPEC);
  assert_string_equal (error->message, "path \"first/../../outside/made\" must not contain '..'");
  assert_false (maze_has (maze, "first"));
  assert_false (maze_has (maze, "../outside/made"));
  assert_false (maze_has (maze, "sub/made"));
}

static void
a_path_of_no_names_is_the_directory_itself (void **state)
{
  const Maze *maze = *state;
  KVOL_AUTO_FD fd = sys_make_dirs_beneath (maze->volume_fd, "./", 0755, -1, NULL);
  struct stat a, b;

  assert_true (fd >= 0);
  assert_int_equal (fstat (fd, &a), 0);
  assert_int_equal (fstat (maze->volume_fd, &b), 0);
  assert_int_equal (a.st_ino, b.st_ino);
}

static void
a_directory_may_have_255_bytes_and_not_256 (void **state)
{
  const Maze *maze = *state;
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *longer = g_strnfill (256, 'x');
  g_autoptr (GError) error = NULL;
  int fd = sys_make_dir_at (maze->volume_fd, longest, 0755, NULL, NULL);

  assert_true (fd >= 0);
  close (fd);
  assert_true (sys_remove_dir_at (maze->volume_fd, longest, NULL));
  assert_int_equal (sys_make_dir_at (maze->volume_fd, longer, 0755, NULL, &error), -1);
  assert_int_equal (error->code, KVOL_ERROR_INVALID_SPEC);
}

/* ---- removing ---- */

static void
removing_an_empty_directory_twice_succeeds (void **state)
{
  const Maze *maze = *state;
  int fd = sys_make_dir_at (maze->volume_fd, "gone", 0755, NULL, NULL);

  close (fd);
  assert_true (sys_remove_dir_at (maze->volume_fd, "gone", NULL));
  assert_true (sys_remove_dir_at (maze->volume_fd, "gone", NULL));
}

static void
a_directory_with_something_in_it_is_busy_and_stays (void **state)
{
  const Maze *maze = *state;
  g_autoptr (GError) error = NULL;

  assert_false (sys_remove_dir_at (maze->volume_fd, "sub", &error));
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
  assert_true (maze_has (maze, "sub/file"));
}

static void
a_file_and_a_link_are_not_removed_as_a_directory (void **state)
{
  const Maze *maze = *state;
  const char *const names[] = { "fifo", "sub/file", "climbing-directory", "loop" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_false (sys_remove_dir_at (maze->volume_fd, names[i], NULL));
      assert_int_equal (errno, ENOTDIR);
      assert_true (maze_has (maze, names[i]));
    }
}

/* ---- listing ---- */

static void
a_large_directory_is_listed_whole_and_sorted (void **state)
{
  const Maze *maze = *state;
  KVOL_AUTO_FD many = sys_make_dir_at (maze->volume_fd, "many", 0755, NULL, NULL);
  g_auto (GStrv) names = NULL;

  for (int i = 2999; i >= 0; i--)
    {
      g_autofree char *name = g_strdup_printf ("%s%04d", i % 2 ? "." : "n", i);

      assert_int_equal (mknodat (many, name, S_IFREG | 0600, 0), 0);
    }
  names = sys_list_dir (many, NULL);
  assert_non_null (names);
  assert_int_equal (g_strv_length (names), 3000);
  assert_string_equal (names[0], ".0001");
  for (gsize i = 1; names[i] != NULL; i++)
    assert_true (strcmp (names[i - 1], names[i]) < 0);
}

static void
an_empty_directory_lists_nothing_and_a_removed_one_is_absent (void **state)
{
  const Maze *maze = *state;
  KVOL_AUTO_FD fd = sys_make_dir_at (maze->volume_fd, "short", 0755, NULL, NULL);
  g_auto (GStrv) names = sys_list_dir (fd, NULL);
  g_autoptr (GError) error = NULL;

  assert_non_null (names);
  assert_null (names[0]);
  assert_true (sys_remove_dir_at (maze->volume_fd, "short", NULL));
  assert_null (sys_list_dir (fd, &error));
  assert_int_equal (error->code, KVOL_ERROR_ABSENT);
}

static void
a_file_cannot_be_listed (void **state)
{
  const Maze *maze = *state;
  KVOL_AUTO_FD fd = openat (maze->volume_fd, "sub/file", O_PATH | O_CLOEXEC);

  assert_null (sys_list_dir (fd, NULL));
  assert_int_equal (errno, ENOTDIR);
}

/* ---- names ---- */

typedef struct
{
  const char *name;
  const char *text;
  gboolean is_single;
} NameRow;

#define BYTES_50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define BYTES_255 BYTES_50 BYTES_50 BYTES_50 BYTES_50 BYTES_50 "xxxxx"

static const NameRow name_rows[] = {
  { "a plain name is single", "data", TRUE },
  { "one byte is single", "a", TRUE },
  { "a name that begins with a dot is single", ".data", TRUE },
  { "a name that begins with two dots is single", "..data", TRUE },
  { "three dots are single", "...", TRUE },
  { "a name with a newline is single", "a\nb", TRUE },
  { "a name of any bytes is single", "\xff\x01", TRUE },
  { "255 bytes are single", BYTES_255, TRUE },
  { "256 bytes are not single", BYTES_255 "x", FALSE },
  { "nothing is not single", "", FALSE },
  { "the directory itself is not single", ".", FALSE },
  { "the directory above is not single", "..", FALSE },
  { "a path is not single", "a/b", FALSE },
  { "a slash at the end is not single", "a/", FALSE },
  { "a slash at the start is not single", "/a", FALSE },
  { "a slash is not single", "/", FALSE },
};

static void
check_name (void **state)
{
  const NameRow *row = *state;

  assert_int_equal (sys_name_is_single (row->text), row->is_single);
}

/* ---- all of them ---- */

#define IN_MAZE(test) cmocka_unit_test_setup_teardown (test, enter_maze, leave_maze)

int
main (void)
{
  const struct CMUnitTest single[] = {
    IN_MAZE (a_directory_is_made_once_and_found_again),
    IN_MAZE (a_name_that_is_no_directory_is_not_taken_for_one),
    IN_MAZE (every_directory_of_a_path_gets_exactly_its_mode),
    IN_MAZE (only_directories_that_are_made_get_the_group),
    IN_MAZE (nothing_is_made_behind_a_link_or_above),
    IN_MAZE (a_path_of_no_names_is_the_directory_itself),
    IN_MAZE (a_directory_may_have_255_bytes_and_not_256),
    IN_MAZE (removing_an_empty_directory_twice_succeeds),
    IN_MAZE (a_directory_with_something_in_it_is_busy_and_stays),
    IN_MAZE (a_file_and_a_link_are_not_removed_as_a_directory),
    IN_MAZE (a_large_directory_is_listed_whole_and_sorted),
    IN_MAZE (an_empty_directory_lists_nothing_and_a_removed_one_is_absent),
    IN_MAZE (a_file_cannot_be_listed),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  for (gsize i = 0; i < G_N_ELEMENTS (name_rows); i++)
    {
      const struct CMUnitTest test = { .name = name_rows[i].name,
                                       .test_func = check_name,
                                       .initial_state = (void *) &name_rows[i] };

      g_array_append_val (tests, test);
    }
  return _cmocka_run_group_tests ("sys/directory", (const struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

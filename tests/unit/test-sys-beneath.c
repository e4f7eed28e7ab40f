/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ways out of a directory, each to a directory, a file and something missing: what lies outside is not opened, and not
 * even its existence shows. */

#include "sys/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/maze.h"

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

/* A "%s" in the path is each kind of target. */
typedef struct
{
  const char *name;
  const char *path;
  SysBeneathFlags how;
  int refusal; /* errno; 0: it opens what is there */
} OpenRow;

static const OpenRow open_rows[] = {
  { "a plain path", "sub/%s", SYS_BENEATH_DEFAULT, 0 },
  { "a plain path, no links allowed", "sub/%s", SYS_BENEATH_NO_LINKS, 0 },
  { "a detour that stays inside", "sub/../sub/./%s", SYS_BENEATH_DEFAULT, 0 },
  { "a link inside", "inner-%s", SYS_BENEATH_DEFAULT, 0 },
  { "a link inside on the way", "inner-middle/%s", SYS_BENEATH_DEFAULT, 0 },
  { "a link inside, no links allowed", "inner-%s", SYS_BENEATH_NO_LINKS, ELOOP },
  { "a link inside on the way, no links allowed", "inner-middle/%s", SYS_BENEATH_NO_LINKS, ELOOP },
  { "an absolute link", "absolute-%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "an absolute link, no links allowed", "absolute-%s", SYS_BENEATH_NO_LINKS, ELOOP },
  { "an absolute link on the way", "absolute-middle/%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "an absolute link on the way, no links allowed", "absolute-middle/%s", SYS_BENEATH_NO_LINKS, ELOOP },
  { "a .. link", "climbing-%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a .. link, no links allowed", "climbing-%s", SYS_BENEATH_NO_LINKS, ELOOP },
  { "a .. link on the way", "climbing-middle/%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a chain of links", "chain-%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a chain of links, no links allowed", "chain-%s", SYS_BENEATH_NO_LINKS, ELOOP },
  { "a link that leaves and comes back", "detour-%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a path with ..", "../outside/%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a path that leaves by a detour", "sub/../../outside/%s", SYS_BENEATH_NO_LINKS, EXDEV },
  { "an absolute path", "/%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a link to a magic link", "magic/%s", SYS_BENEATH_DEFAULT, EXDEV },
  { "a link to itself", "loop/%s", SYS_BENEATH_DEFAULT, ELOOP },
  { "a FIFO on the way", "fifo/%s", SYS_BENEATH_DEFAULT, ENOTDIR },
  { "a file on the way", "sub/file/%s", SYS_BENEATH_DEFAULT, ENOTDIR },
  { "something missing on the way", "nothing/%s", SYS_BENEATH_DEFAULT, ENOENT },
};

typedef struct
{
  const Maze *maze;
  const OpenRow *row;
  char *name;
  char *path;
  int number;
} OpenCase;

/* As a caller that does not say O_NOFOLLOW, and as one that does: for what is refused it makes no difference. */
static void
check_open (void **state)
{
  const OpenCase *self = *state;
  const int flags[] = { O_PATH, O_PATH | O_NOFOLLOW, O_RDONLY | O_NONBLOCK };

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      g_autoptr (GError) error = NULL;
      int fd;

      /* A link that may be there is what O_NOFOLLOW is about. */
      if ((flags[i] & O_NOFOLLOW) && self->row->how == SYS_BENEATH_DEFAULT)
        continue;
      fd = sys_open_beneath (self->maze->volume_fd, self->path, flags[i], 0, self->row->how, &error);
      if (self->number == 0)
        {
          assert_true (fd >= 0);
          assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
          close (fd);
          continue;
        }
      assert_int_equal (fd, -1);
      assert_int_equal (errno, self->number);
      assert_non_null (error);
      assert_non_null (strstr (error->message, self->path));
      if (self->number == EXDEV || self->number == ELOOP)
        assert_int_equal (error->code, KVOL_ERROR_FORBIDDEN);
    }
}

static void
a_magic_link_itself_is_refused (void **state)
{
  KVOL_AUTO_FD self = open ("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autofree char *own = g_strdup_printf ("fd/%d", self);
  const char *const paths[] = { "cwd", "root", "exe", "root/etc", own };

  assert_true (self >= 0);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      assert_int_equal (sys_open_beneath (self, paths[i], O_PATH, 0, SYS_BENEATH_DEFAULT, NULL), -1);
      assert_int_equal (errno, ELOOP);
    }
}

static void
another_mount_is_not_stepped_on_where_that_is_said (void **state)
{
  KVOL_AUTO_FD root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  KVOL_AUTO_FD allowed = sys_open_beneath (root, "proc", O_PATH | O_DIRECTORY, 0, SYS_BENEATH_NO_LINKS, NULL);

  assert_true (allowed >= 0);
  assert_int_equal (sys_open_beneath (root, "proc", O_PATH | O_DIRECTORY, 0, SYS_BENEATH_NO_XDEV, NULL), -1);
  assert_int_equal (errno, EXDEV);
}

static void
an_empty_path_is_not_there (void **state)
{
  const Maze *maze = *state;
  g_autoptr (GError) error = NULL;

  assert_int_equal (sys_open_beneath (maze->volume_fd, "", O_PATH, 0, SYS_BENEATH_DEFAULT, &error), -1);
  assert_int_equal (error->code, KVOL_ERROR_ABSENT);
}

static void
a_file_is_made_inside_and_not_through_a_link (void **state)
{
  const Maze *maze = *state;
  const int flags = O_WRONLY | O_CREAT;
  int fd = sys_open_beneath (maze->volume_fd, "sub/new", flags, 0640, SYS_BENEATH_NO_LINKS, NULL);

  assert_true (fd >= 0);
  close (fd);
  assert_int_equal (sys_open_beneath (maze->volume_fd, "climbing-missing", flags, 0640, SYS_BENEATH_DEFAULT, NULL), -1);
  assert_false (maze_has (maze, "../outside/missing"));
}

static void
a_name_of_255_bytes_is_looked_for_and_one_of_256_is_an_invalid_spec (void **state)
{
  const Maze *maze = *state;
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *longer = g_strnfill (256, 'x');
  g_autoptr (GError) absent = NULL;
  g_autoptr (GError) invalid = NULL;

  assert_int_equal (sys_open_beneath (maze->volume_fd, longest, O_PATH, 0, SYS_BENEATH_DEFAULT, &absent), -1);
  assert_int_equal (absent->code, KVOL_ERROR_ABSENT);
  assert_int_equal (sys_open_beneath (maze->volume_fd, longer, O_PATH, 0, SYS_BENEATH_DEFAULT, &invalid), -1);
  assert_int_equal (invalid->code, KVOL_ERROR_INVALID_SPEC);
}

/* ---- all of them ---- */

static void
free_case (gpointer data)
{
  OpenCase *self = data;

  g_free (self->name);
  g_free (self->path);
  g_free (self);
}

static char *
put_kind (const char *path, const char *kind)
{
  g_auto (GStrv) parts = g_strsplit (path, "%s", -1);

  return g_strjoinv (kind, parts);
}

static GPtrArray *
make_open_cases (const Maze *maze)
{
  static const char *const kinds[] = { "directory", "file", "missing" };
  GPtrArray *cases = g_ptr_array_new_with_free_func (free_case);

  for (gsize i = 0; i < G_N_ELEMENTS (open_rows); i++)
    for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
      {
        OpenCase *self = g_new0 (OpenCase, 1);
        int number = open_rows[i].refusal;

        if (number == 0 && g_str_equal (kinds[kind], "missing"))
          number = ENOENT;

        self->maze = maze;
        self->row = &open_rows[i];
        self->path = put_kind (open_rows[i].path, kinds[kind]);
        self->number = number;
        self->name = g_strdup_printf ("%s, to %s: %s", open_rows[i].name, kinds[kind],
                                      number == 0 ? "opens" : strerrorname_np (number));
        g_ptr_array_add (cases, self);
      }
  return cases;
}

#define IN_MAZE(test) cmocka_unit_test_setup_teardown (test, enter_maze, leave_maze)

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (a_magic_link_itself_is_refused),
    cmocka_unit_test (another_mount_is_not_stepped_on_where_that_is_said),
    IN_MAZE (an_empty_path_is_not_there),
    IN_MAZE (a_file_is_made_inside_and_not_through_a_link),
    IN_MAZE (a_name_of_255_bytes_is_looked_for_and_one_of_256_is_an_invalid_spec),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) cases = NULL;
  Maze *maze = maze_new ();
  int failed;

  cases = make_open_cases (maze);
  for (guint i = 0; i < cases->len; i++)
    {
      OpenCase *self = cases->pdata[i];
      const struct CMUnitTest test = { .name = self->name, .test_func = check_open, .initial_state = self };

      g_array_append_val (tests, test);
    }
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  failed = _cmocka_run_group_tests ("sys/beneath", (const struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
  maze_free (maze);
  return failed;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting and counting what is in a directory, while somebody is at work in it: the program has unlinkat() itself, and
 * when a file called "trigger-..." is deleted something happens at that very moment. */

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "unit/contents-place.h"

/* Moves the directory "moved" that is on the way to @dir_fd out of the "volume" that it is in. */
static void
move_out (int dir_fd)
{
  g_autofree char *self = path_at (dir_fd, "");
  g_autofree char *path = NULL;

  self[strlen (self) - 1] = '\0';
  path = g_file_read_link (self, NULL);
  assert_non_null (path);

  char *end = strstr (path, "/moved/");

  assert_non_null (end);
  end[strlen ("/moved")] = '\0';

  g_autofree char *above = g_strndup (path, strstr (path, "/volume/") - path);
  g_autofree char *away = g_build_filename (above, "outside", "away", NULL);

  assert_int_equal (rename (path, away), 0);
}

static void
pull_trigger (int dir_fd, const char *what)
{
  if (g_str_equal (what, "trigger-mount"))
    {
      g_autofree char *later = path_at (dir_fd, "later");
      g_autofree char *canary = path_at (dir_fd, "later/canary");

      assert_int_equal (mount ("none", later, "tmpfs", 0, NULL), 0);
      make_file (AT_FDCWD, canary, "canary");
    }
  else if (g_str_equal (what, "trigger-exchange"))
    assert_int_equal (syscall (SYS_renameat2, dir_fd, "later", dir_fd, "link", RENAME_EXCHANGE), 0);
  else if (g_str_equal (what, "trigger-vanish"))
    {
      assert_int_equal (syscall (SYS_unlinkat, dir_fd, "later/file", 0), 0);
      assert_int_equal (syscall (SYS_unlinkat, dir_fd, "later", AT_REMOVEDIR), 0);
    }
  else if (g_str_equal (what, "trigger-become"))
    {
      assert_int_equal (syscall (SYS_unlinkat, dir_fd, "trigger-become", 0), 0);
      make_dir (dir_fd, "trigger-become");
      make_file (dir_fd, "trigger-become/file", "x");
    }
  else if (g_str_equal (what, "trigger-write"))
    make_file (dir_fd, "new", "x");
  else if (g_str_equal (what, "trigger-move"))
    move_out (dir_fd);
}

int
unlinkat (int dir_fd, const char *name, int flags)
{
  if (g_str_has_prefix (name, "stuck"))
    {
      errno = EIO;
      return -1;
    }
  if (!(flags & AT_REMOVEDIR))
    pull_trigger (dir_fd, name);
  return syscall (SYS_unlinkat, dir_fd, name, flags);
}

/* ---- plain deletion ---- */

static void
everything_goes_whatever_it_is_and_is_called (void **state)
{
  static const char *const names[] = { "-rf", "new\nline", "\xff\xfe invalid", " ", "...", "\033[31m",
                                       "*",   "a\\b",      ".hidden" };
  Place *place = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *below = g_strconcat (names[i], "/", names[i], NULL);

      make_dir (place->volume, names[i]);
      make_file (place->volume, below, "x");
    }
  make_dir (place->volume, "kinds");
  assert_int_equal (mknodat (place->volume, "kinds/fifo", S_IFIFO | 0600, 0), 0);
  assert_int_equal (mknodat (place->volume, "kinds/socket", S_IFSOCK | 0600, 0), 0);
  assert_int_equal (symlinkat ("../../outside", place->volume, "kinds/link"), 0);
  assert_int_equal (symlinkat ("../outside/dir", place->volume, "link"), 0);
  make_dir (place->volume, "closed");
  make_file (place->volume, "closed/file", "x");
  assert_int_equal (fchmodat (place->volume, "closed", 0, 0), 0);
  remove_all (place->volume);
  remove_all (place->volume);
}

static void
a_directory_that_is_gone_is_empty (void **state)
{
  Place *place = *state;

  make_dir (place->volume, "gone");

  KVOL_AUTO_FD fd = openat (place->volume, "gone", O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_int_equal (unlinkat (place->volume, "gone", AT_REMOVEDIR), 0);
  assert_true (sys_remove_contents (fd, NULL, NULL));
}

static void
a_wide_directory_is_emptied (void **state)
{
  Place *place = *state;

  for (int i = 0; i < 5000; i++)
    {
      g_autofree char *file = g_strdup_printf ("file-with-a-rather-long-name-%05d", i);
      g_autofree char *dir = g_strdup_printf ("directory-with-a-rather-long-name-%05d", i);
      g_autofree char *below = g_strconcat (dir, "/x", NULL);

      make_file (place->volume, file, "");
      make_dir (place->volume, dir);
      if (i % 10 == 0)
        make_dir (place->volume, below);
    }
  remove_all (place->volume);
}

static void
a_cancelled_deletion_stops (void **state)
{
  Place *place = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  make_file (place->volume, "file", "x");
  g_cancellable_cancel (cancellable);
  assert_false (sys_remove_contents (place->volume, cancellable, &error));
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_int_equal (count_entries (place->volume), 1);
}

static void
what_cannot_be_deleted_is_told_and_the_rest_goes (void **state)
{
  Place *place = *state;
  g_autoptr (GError) error = NULL;

  make_dir (place->volume, "a");
  make_dir (place->volume, "a/b");
  make_file (place->volume, "a/b/stuck\n1", "x");
  make_file (place->volume, "a/file", "x");
  make_dir (place->volume, "c");
  make_file (place->volume, "c/file", "x");
  assert_false (sys_remove_contents (place->volume, NULL, &error));
  assert_string_equal (error->message, "delete file \"a/b/stuck?1\": Input/output error");
  assert_int_equal (count_entries (place->volume), 1);

  KVOL_AUTO_FD a = openat (place->volume, "a", O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_int_equal (count_entries (a), 1);
}

/* ---- depth ---- */

typedef struct
{
  int dir_fd;
  gboolean ok;
  SysContents contents;
} SmallThread;

static gpointer
remove_in_thread (gpointer data)
{
  SmallThread *self = data;

  self->ok = sys_measure_contents (self->dir_fd, &self->contents, NULL, NULL)
             && sys_remove_contents (self->dir_fd, NULL, NULL);
  return NULL;
}

typedef struct
{
  const char *name;
  int depth;
  gsize name_length;
  int neighbours; /* directories beside each level, and files */
} DepthRow;

static const DepthRow depth_rows[] = {
  { "20,000 levels need a small stack and 64 descriptors", 20000, 1, 0 },
  { "2,000 levels of long names need a small stack and 64 descriptors", 2000, 255, 0 },
  { "300 levels with neighbours need a small stack and 64 descriptors", 300, 20, 7 },
};

/* Makes a tree, and opens its deepest directory. */
static int
make_deep (int dir_fd, const DepthRow *row)
{
  g_autofree char *name = g_strnfill (row->name_length, 'd');
  int at = openat (dir_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (int level = 0; level < row->depth; level++)
    {
      make_dir (at, name);
      for (int i = 0; i < row->neighbours; i++)
        {
          char neighbour[] = { 'a' + i * 3, '\0' };
          char file[] = { 'A' + i, '\0' };

          make_dir (at, neighbour);
          make_file (at, file, "");
        }

      int below = openat (at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

      assert_true (below >= 0);
      close (at);
      at = below;
    }
  return at;
}

static void
check_depth (void **state)
{
  const DepthRow *row = *state;
  Place *place;
  SmallThread thread = { 0 };
  struct rlimit before, few;
  pthread_attr_t attr;
  pthread_t id;

  set_up ((void **) &place);
  thread.dir_fd = place->volume;
  close (make_deep (place->volume, row));
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &before), 0);
  few = before;
  few.rlim_cur = 64;
  pthread_attr_init (&attr);
  pthread_attr_setstacksize (&attr, 64 * 1024);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &few), 0);
  assert_int_equal (pthread_create (&id, &attr, remove_in_thread, &thread), 0);
  pthread_join (id, NULL);
  setrlimit (RLIMIT_NOFILE, &before);
  pthread_attr_destroy (&attr);
  assert_true (thread.ok);
  assert_int_equal (thread.contents.inodes, 1 + row->depth * (1 + 2 * row->neighbours));
  assert_int_equal (count_entries (place->volume), 0);
  tear_down ((void **) &place);
}

/* ---- somebody at work ---- */

static void
a_part_that_is_moved_away_from_deep_below_is_let_go (void **state)
{
  const DepthRow upper = { .depth = 3, .name_length = 5 };
  const DepthRow lower = { .depth = 100, .name_length = 5, .neighbours = 2 };
  Place *place = *state;

  close (make_deep (place->volume, &upper));
  make_dir (place->volume, "ddddd/ddddd/neighbour");
  make_dir (place->volume, "ddddd/ddddd/moved");

  KVOL_AUTO_FD moved = openat (place->volume, "ddddd/ddddd/moved", O_PATH | O_DIRECTORY | O_CLOEXEC);
  KVOL_AUTO_FD deepest = make_deep (moved, &lower);

  make_file (deepest, "trigger-move", "x");
  /* The way up leads out of the volume now; what is there is not ours any more. */
  remove_all (place->volume);
  assert_int_equal (count_entries (place->outside), 3);
  assert_true (count_entries (moved) > 0);
}

typedef struct
{
  const char *name;
  const char *trigger;
} TriggerRow;

/* "later" is a directory with a file, "link" a link to the outside with the canary. */
static const TriggerRow trigger_rows[] = {
  { "a directory that becomes a link before it is opened is not followed", "trigger-exchange" },
  { "a directory that vanishes before it is opened is success", "trigger-vanish" },
  { "a file that becomes a directory before it is deleted is gone into", "trigger-become" },
  { "a file that comes while its directory is emptied goes too", "trigger-write" },
};

static void
check_trigger (void **state)
{
  const TriggerRow *row = *state;
  Place *place;

  set_up ((void **) &place);
  for (int below = 0; below < 2; below++)
    {
      int at = place->volume;
      KVOL_AUTO_FD sub = -1;

      if (below)
        {
          make_dir (place->volume, "sub");
          at = sub = openat (place->volume, "sub", O_PATH | O_DIRECTORY | O_CLOEXEC);
        }
      make_dir (at, "later");
      make_file (at, "later/file", "x");
      assert_int_equal (symlinkat (below ? "../../outside" : "../outside", at, "link"), 0);
      make_file (at, row->trigger, "x");
      /* In the root of the deletion a late comer may be missed: its caller's rmdir() says so. */
      if (!sys_remove_contents (place->volume, NULL, NULL) || count_entries (place->volume) > 0)
        {
          assert_int_equal (below, 0);
          remove_all (place->volume);
        }
    }
  tear_down ((void **) &place);
}

static void
a_mount_that_comes_before_its_directory_is_opened_is_not_stepped_on (void **state)
{
  Place *place = *state;
  g_autofree char *later = path_at (place->volume, "sub/later");
  g_autoptr (GError) error = NULL;

  make_dir (place->volume, "sub");
  make_dir (place->volume, "sub/later");
  make_file (place->volume, "sub/trigger-mount", "x");
  assert_false (sys_remove_contents (place->volume, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  assert_string_equal (error->message, "cannot delete directory \"sub/later\": it is a mount point");
  assert_true (has_canary (place->volume, "sub/later/canary"));
  assert_int_equal (umount2 (later, 0), 0);
  remove_all (place->volume);
}

int
main (void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown (test, set_up, tear_down)
  const struct CMUnitTest single[] = {
    IN_PLACE (everything_goes_whatever_it_is_and_is_called),
    IN_PLACE (a_directory_that_is_gone_is_empty),
    IN_PLACE (a_wide_directory_is_emptied),
    IN_PLACE (a_cancelled_deletion_stops),
    IN_PLACE (what_cannot_be_deleted_is_told_and_the_rest_goes),
    IN_PLACE (a_part_that_is_moved_away_from_deep_below_is_let_go),
    IN_PLACE (a_mount_that_comes_before_its_directory_is_opened_is_not_stepped_on),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  for (gsize i = 0; i < G_N_ELEMENTS (depth_rows); i++)
    contents_add_test (tests, depth_rows[i].name, check_depth, &depth_rows[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (trigger_rows); i++)
    contents_add_test (tests, trigger_rows[i].name, check_trigger, &trigger_rows[i]);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return contents_run_tests ("sys/contents", tests);
}

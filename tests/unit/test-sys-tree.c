/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees as the kernel shows them once they are hung; each test ends with as many mounts and descriptors as it began. */

#include "sys/tree.h"

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
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/place.h"
#include "support/scratch.h"
#include "sys/beneath.h"
#include "sys/mount.h"

/* What /proc/self/mountinfo says about what is mounted on @name: ITS-OPTIONS TYPE SOURCE FS-OPTIONS, with commas around
 * the options, or NULL. */
static char *
describe (const Place *place, const char *name)
{
  g_autofree char *wanted = g_build_filename (place->dir, name, NULL);
  g_autofree char *table = NULL;
  g_auto (GStrv) lines = NULL;
  char *found = NULL;

  assert_true (g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL));
  lines = g_strsplit (table, "\n", -1);
  for (gsize i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) halves = g_strsplit (lines[i], " - ", 2);
      g_auto (GStrv) front = g_strsplit (halves[0], " ", 7);
      g_auto (GStrv) back = g_strsplit (halves[1], " ", 3);

      if (!g_str_equal (front[4], wanted))
        continue;
      g_free (found);
      found = g_strdup_printf (",%s, %s %s ,%s,", front[5], back[0], back[1], back[2]);
    }
  return found;
}

static void
assert_described (const Place *place, const char *name, const char *word)
{
  g_autofree char *text = describe (place, name);

  assert_non_null (text);
  if (strstr (text, word) == NULL)
    fail_msg ("\"%s\" has no \"%s\"", text, word);
}

/* Puts a file into a tree that is not hung. */
static void
put_file (int tree, const char *name, const char *content)
{
  const Place inside = { .fd = tree };

  place_make_file (&inside, name, content);
}

static void
hang_on (const Place *place, const char *name, int tree)
{
  KVOL_AUTO_FD target = openat (place->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

  assert_true (tree >= 0);
  assert_true (target >= 0);
  assert_true (sys_tree_hang (tree, target, NULL));
}

static void
unmount (const Place *place, const char *name)
{
  assert_true (sys_unmount_at (place->fd, name, NULL));
}

static int
make_tmpfs (void)
{
  const char *const options[] = { "size=1m", NULL };
  int tree = sys_tree_create ("tmpfs", "test", options, NULL);

  assert_true (tree >= 0);
  return tree;
}

/* ---- made ---- */

static void
a_tmpfs_has_its_options_its_source_nosuid_and_nodev (void **state)
{
  const Place *place = *state;
  const char *const options[] = { "size=1024k", "nr_inodes=100", "mode=0750", NULL };
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", "volume", options, NULL);

  place_make_dir (place, "a");
  hang_on (place, "a", tree);
  kvol_clear_fd (&tree);
  assert_described (place, "a", " tmpfs volume ");
  assert_described (place, "a", ",size=1024k,");
  assert_described (place, "a", ",nr_inodes=100,");
  assert_described (place, "a", ",mode=750,");
  assert_described (place, "a", ",nosuid,");
  assert_described (place, "a", ",nodev,");
  unmount (place, "a");
}

static void
a_tree_without_options_or_source_is_made (void **state)
{
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", NULL, NULL, NULL);

  assert_true (tree >= 0);
  assert_int_equal (fcntl (tree, F_GETFD), FD_CLOEXEC);
}

typedef struct
{
  const char *option;
  const char *said;
} BadOption;

static void
a_refused_option_is_an_invalid_spec_in_the_kernels_words (void **state)
{
  static const BadOption rows[] = {
    { "size=banana", "set option \"size\" of a tmpfs: tmpfs: Bad value for 'size'" },
    { "nonsense=1", "set option \"nonsense\" of a tmpfs: tmpfs: Unknown parameter 'nonsense'" },
    { "nonsense", "set option \"nonsense\" of a tmpfs: tmpfs: Unknown parameter 'nonsense'" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *const options[] = { "size=1m", rows[i].option, NULL };
      g_autoptr (GError) error = NULL;

      assert_int_equal (sys_tree_create ("tmpfs", NULL, options, &error), -1);
      assert_int_equal (errno, EINVAL);
      assert_int_equal (error->code, KVOL_ERROR_INVALID_SPEC);
      assert_string_equal (error->message, rows[i].said);
    }
}

static void
the_value_of_an_option_is_not_in_the_error (void **state)
{
  const char *const options[] = { "password=canary-5f1d", NULL };
  g_autoptr (GError) error = NULL;

  assert_int_equal (sys_tree_create ("tmpfs", NULL, options, &error), -1);
  assert_non_null (strstr (error->message, "password"));
  assert_null (strstr (error->message, "canary"));
}

static void
an_unknown_file_system_is_not_supported (void **state)
{
  g_autoptr (GError) error = NULL;

  assert_int_equal (sys_tree_create ("nosuchfs", NULL, NULL, &error), -1);
  assert_int_equal (error->code, KVOL_ERROR_NOT_SUPPORTED);
  assert_non_null (strstr (error->message, "\"nosuchfs\""));
}

/* ---- hung, or not ---- */

static void
a_tree_that_is_filled_and_made_read_only_first_is_never_writable_in_its_place (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD tree = make_tmpfs ();

  place_make_dir (place, "ro");
  put_file (tree, "key", "value");
  assert_true (sys_tree_set_read_only (tree, NULL));
  assert_int_equal (mkdirat (tree, "late", 0755), -1);
  assert_int_equal (errno, EROFS);
  hang_on (place, "ro", tree);
  kvol_clear_fd (&tree);
  assert_described (place, "ro", ",ro,");
  assert_true (place_file_has (place, "ro/key", "value"));
  assert_int_equal (mkdirat (place->fd, "ro/late", 0755), -1);
  assert_int_equal (errno, EROFS);
  unmount (place, "ro");
}

static void
a_tree_that_is_written_to_is_not_made_read_only (void **state)
{
  KVOL_AUTO_FD tree = make_tmpfs ();
  KVOL_AUTO_FD writer = openat (tree, "open", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  g_autoptr (GError) error = NULL;

  assert_true (writer >= 0);
  assert_false (sys_tree_set_read_only (tree, &error));
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
}

static void
closing_a_tree_that_is_not_hung_leaves_nothing (void **state)
{
  unsigned before = count_mounts ();
  int tree = make_tmpfs ();

  put_file (tree, "key", "value");
  assert_int_equal (count_mounts (), before);
  close (tree);
  assert_int_equal (count_mounts (), before);
}

static void
a_file_is_hung_on_a_file (void **state)
{
  const Place *place = *state;

  place_make_file (place, "source", "from the source");
  place_make_file (place, "target", "");

  KVOL_AUTO_FD source = openat (place->fd, "source", O_PATH | O_CLOEXEC);
  KVOL_AUTO_FD tree = sys_tree_clone (source, "", FALSE, NULL);

  hang_on (place, "target", tree);
  kvol_clear_fd (&tree);
  assert_true (place_file_has (place, "target", "from the source"));
  assert_described (place, "target", ",nosuid,");
  unmount (place, "target");
  assert_true (place_file_has (place, "target", ""));
}

static void
a_directory_is_not_hung_on_a_file (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD tree = make_tmpfs ();
  g_autoptr (GError) error = NULL;

  place_make_file (place, "file", "");

  KVOL_AUTO_FD target = openat (place->fd, "file", O_PATH | O_CLOEXEC);

  assert_false (sys_tree_hang (tree, target, &error));
  assert_int_equal (error->code, KVOL_ERROR_FINAL);
  assert_null (describe (place, "file"));
}

static void
a_tree_is_not_hung_on_a_directory_that_is_gone (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD tree = make_tmpfs ();
  KVOL_AUTO_FD target = sys_make_dir_at (place->fd, "gone", 0755, NULL, NULL);
  g_autoptr (GError) error = NULL;

  assert_true (sys_remove_dir_at (place->fd, "gone", NULL));
  assert_false (sys_tree_hang (tree, target, &error));
  assert_int_equal (error->code, KVOL_ERROR_ABSENT);
}

static void
a_tree_is_hung_where_the_descriptor_is_and_not_where_the_name_leads_by_now (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD tree = make_tmpfs ();
  KVOL_AUTO_FD target = sys_make_dir_at (place->fd, "victim", 0755, NULL, NULL);

  place_make_dir (place, "outside");
  assert_int_equal (renameat (place->fd, "victim", place->fd, "moved"), 0);
  assert_int_equal (symlinkat ("outside", place->fd, "victim"), 0);
  assert_true (sys_tree_hang (tree, target, NULL));
  kvol_clear_fd (&tree);
  kvol_clear_fd (&target);
  assert_described (place, "moved", " tmpfs ");
  assert_null (describe (place, "outside"));
  unmount (place, "moved");
}

/* ---- cloned ---- */

static void
a_clone_shows_the_source_and_changes_no_flag_of_it (void **state)
{
  const Place *place = *state;

  place_make_dir (place, "source");
  place_make_dir (place, "target");
  place_make_file (place, "source/key", "value");

  KVOL_AUTO_FD tree = sys_tree_clone (place->fd, "source", FALSE, NULL);

  assert_true (tree >= 0);
  assert_int_equal (fcntl (tree, F_GETFD), FD_CLOEXEC);
  assert_true (sys_tree_set_read_only (tree, NULL));
  hang_on (place, "target", tree);
  kvol_clear_fd (&tree);
  assert_true (place_file_has (place, "target/key", "value"));
  assert_described (place, "target", ",nosuid,");
  assert_described (place, "target", ",nodev,");
  assert_described (place, "target", ",ro,");
  place_make_file (place, "source/still-writable", "");
  unmount (place, "target");
  assert_true (place_file_has (place, "source/key", "value"));
}

static void
a_recursive_clone_has_the_mounts_below_it_and_all_are_read_only (void **state)
{
  const Place *place = *state;
  KVOL_AUTO_FD inner = make_tmpfs ();

  place_make_dir (place, "source");
  place_make_dir (place, "source/inner");
  place_make_dir (place, "plain");
  place_make_dir (place, "whole");
  put_file (inner, "key", "value");
  hang_on (place, "source/inner", inner);
  kvol_clear_fd (&inner);

  KVOL_AUTO_FD plain = sys_tree_clone (place->fd, "source", FALSE, NULL);
  KVOL_AUTO_FD whole = sys_tree_clone (place->fd, "source", TRUE, NULL);

  assert_true (sys_tree_set_read_only (whole, NULL));
  hang_on (place, "plain", plain);
  hang_on (place, "whole", whole);
  kvol_clear_fd (&plain);
  kvol_clear_fd (&whole);
  assert_false (place_file_has (place, "plain/inner/key", "value"));
  assert_true (place_file_has (place, "whole/inner/key", "value"));
  assert_described (place, "whole/inner", ",ro,");
  assert_described (place, "whole/inner", ",nosuid,");
  assert_described (place, "source/inner", ",rw,");

  const char *const holders[] = { "whole", "source" };

  for (gsize i = 0; i < G_N_ELEMENTS (holders); i++)
    {
      KVOL_AUTO_FD holder = openat (place->fd, holders[i], O_PATH | O_CLOEXEC);

      assert_true (sys_unmount_at (holder, "inner", NULL));
    }
  unmount (place, "whole");
  unmount (place, "plain");
}

static void
a_clone_of_a_path_that_leads_out_is_refused (void **state)
{
  const Place *place = *state;
  const char *const paths[] = { "link", "link/below", "../elsewhere", "/etc" };

  assert_int_equal (symlinkat ("/etc", place->fd, "link"), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_int_equal (sys_tree_clone (place->fd, paths[i], FALSE, &error), -1);
      assert_int_equal (error->code, KVOL_ERROR_FORBIDDEN);
    }
}

/* ---- noswap ---- */

static void
noswap_is_promised_exactly_when_the_kernel_gives_it (void **state)
{
  const Place *place = *state;
  const char *const options[] = { "noswap", NULL };
  gboolean promised = sys_tree_has_noswap ();
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", NULL, options, NULL);

  assert_int_equal (promised, tree >= 0);
  assert_int_equal (sys_tree_has_noswap (), promised);
  if (!promised)
    return;
  place_make_dir (place, "locked");
  hang_on (place, "locked", tree);
  kvol_clear_fd (&tree);
  assert_described (place, "locked", ",noswap,");
  unmount (place, "locked");
}

static void
a_user_namespace_has_no_noswap (void **state)
{
  if (scratch_is_real_root ())
    skip_because ("real root is in no user namespace of its own; run as an ordinary user");
  assert_false (sys_tree_has_noswap ());
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_PLACE (a_tmpfs_has_its_options_its_source_nosuid_and_nodev),
    IN_PLACE (a_tree_without_options_or_source_is_made),
    IN_PLACE (a_refused_option_is_an_invalid_spec_in_the_kernels_words),
    IN_PLACE (the_value_of_an_option_is_not_in_the_error),
    IN_PLACE (an_unknown_file_system_is_not_supported),
    IN_PLACE (a_tree_that_is_filled_and_made_read_only_first_is_never_writable_in_its_place),
    IN_PLACE (a_tree_that_is_written_to_is_not_made_read_only),
    IN_PLACE (closing_a_tree_that_is_not_hung_leaves_nothing),
    IN_PLACE (a_file_is_hung_on_a_file),
    IN_PLACE (a_directory_is_not_hung_on_a_file),
    IN_PLACE (a_tree_is_not_hung_on_a_directory_that_is_gone),
    IN_PLACE (a_tree_is_hung_where_the_descriptor_is_and_not_where_the_name_leads_by_now),
    IN_PLACE (a_clone_shows_the_source_and_changes_no_flag_of_it),
    IN_PLACE (a_recursive_clone_has_the_mounts_below_it_and_all_are_read_only),
    IN_PLACE (a_clone_of_a_path_that_leads_out_is_refused),
    IN_PLACE (noswap_is_promised_exactly_when_the_kernel_gives_it),
    cmocka_unit_test (a_user_namespace_has_no_noswap),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - trees are made, filled and hung # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/tree", tests, NULL, NULL);
}

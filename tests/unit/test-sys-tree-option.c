/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of a mount, as the kernel shows them afterwards: a bind of a directory, one row for each list of options. */

#include "sys/tree-option.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/place.h"
#include "support/scratch.h"
#include "sys/tree.h"

#define ALWAYS (ST_NOSUID | ST_NODEV)
#define LOOKED_AT (ALWAYS | ST_RDONLY | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME | ST_RELATIME)

typedef struct
{
  const char *options;
  unsigned long flags;
  const char *strange; /* what is left over */
} Row;

static const Row rows[] = {
  { "", ALWAYS | ST_RELATIME, "" },
  { "ro", ALWAYS | ST_RDONLY | ST_RELATIME, "" },
  { "noexec", ALWAYS | ST_NOEXEC | ST_RELATIME, "" },
  { "nosuid,nodev", ALWAYS | ST_RELATIME, "" },
  { "noatime", ALWAYS | ST_NOATIME, "" },
  { "noatime,nodiratime", ALWAYS | ST_NOATIME | ST_NODIRATIME, "" },
  { "strictatime", ALWAYS, "" },
  { "noatime,strictatime", ALWAYS, "" },
  { "strictatime,relatime", ALWAYS | ST_RELATIME, "" },
  { "bind,defaults,rw,exec,suid,dev,atime,diratime", ALWAYS | ST_RELATIME, "" },
  { "noexec,exec", ALWAYS | ST_NOEXEC | ST_RELATIME, "" },
  { "test-option", ALWAYS | ST_RELATIME, "test-option" },
  { "norelatime,nostrictatime", ALWAYS | ST_RELATIME, "" },
  { "ro,noexec,nodiratime", ALWAYS | ST_RDONLY | ST_NOEXEC | ST_NODIRATIME | ST_RELATIME, "" },
  { "sync,remount,user,_netdev,x-own", ALWAYS | ST_RELATIME, "sync,remount,user,_netdev,x-own" },
  { "size=1,noexec,RO", ALWAYS | ST_NOEXEC | ST_RELATIME, "size=1,RO" },
};

static void
options_become_flags (void **state)
{
  const Row *row = *state;
  void *place = NULL;
  g_auto (GStrv) options = g_strsplit (row->options, ",", -1);
  g_autofree const char **strange = NULL;
  g_autoptr (GError) error = NULL;
  struct statvfs shown = { 0 };

  assert_int_equal (place_enter (&place), 0);
  place_make_dir (place, "source");

  KVOL_AUTO_FD tree = sys_tree_clone (((Place *) place)->fd, "source", FALSE, &error);

  assert_true (tree >= 0);
  if (!sys_tree_set_options (tree, (const char *const *) options, &strange, &error))
    fail_msg ("%s", error->message);

  g_autofree char *left = g_strjoinv (",", (char **) strange);

  assert_string_equal (left, row->strange);
  assert_int_equal (fstatvfs (tree, &shown), 0);
  assert_int_equal (shown.f_flag & LOOKED_AT, row->flags);
  kvol_clear_fd (&tree);
  place_leave (&place);
}

static void
what_is_no_mount_is_an_error (void **state)
{
  static const char *const options[] = { "noexec", NULL };
  void *place = NULL;
  g_autofree const char **strange = NULL;
  g_autoptr (GError) error = NULL;

  assert_int_equal (place_enter (&place), 0);
  place_make_dir (place, "directory");

  KVOL_AUTO_FD dir = openat (((Place *) place)->fd, "directory", O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_false (sys_tree_set_options (dir, options, &strange, &error));
  assert_non_null (error);
  assert_null (strange);
  kvol_clear_fd (&dir);
  place_leave (&place);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + 1] = { 0 };
  char names[G_N_ELEMENTS (rows)][80];
  const char *reason = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_snprintf (names[i], sizeof names[i], "a bind with \"%s\"", rows[i].options);
      tests[i].name = names[i];
      tests[i].test_func = options_become_flags;
      tests[i].initial_state = (void *) &rows[i];
    }
  tests[G_N_ELEMENTS (rows)] = (struct CMUnitTest) cmocka_unit_test (what_is_no_mount_is_an_error);
  if (!scratch_enter (&reason))
    {
      g_print ("ok - options of a mount become its flags # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/tree-option", tests, NULL, NULL);
}

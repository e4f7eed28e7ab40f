/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fsGroup pass (upstream pkg/volume/volume_linux.go): which bits, in which order, and what it leaves alone. */

#include "sys/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"
#include "support/supervisor.h"

#define OTHER_GID 4711
#define REFUSED_GID 999999
#define RW SYS_OWNER_READ_WRITE
#define RO SYS_OWNER_READ_ONLY

int
fchownat (int dir_fd, const char *name, uid_t uid, gid_t gid, int flags)
{
  errno = EPERM;
  return gid == REFUSED_GID ? -1 : syscall (SYS_fchownat, dir_fd, name, uid, gid, flags);
}

static gint64
choose_gid (void)
{
  return scratch_is_real_root () ? OTHER_GID : getgid ();
}

static int
open_dir (const char *path)
{
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_true (fd >= 0);
  return fd;
}

static void
make_dir (int dir_fd, const char *name, mode_t mode)
{
  assert_int_equal (mkdirat (dir_fd, name, 0700), 0);
  assert_int_equal (fchmodat (dir_fd, name, mode, 0), 0);
}

static void
make_file (int dir_fd, const char *name, mode_t mode)
{
  KVOL_AUTO_FD fd = openat (dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  assert_true (fd >= 0);
  assert_int_equal (fchmod (fd, mode), 0);
}

static struct stat
look (int dir_fd, const char *path)
{
  struct stat st;

  assert_int_equal (fstatat (dir_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
  return st;
}

static mode_t
mode_of (int dir_fd, const char *path)
{
  return look (dir_fd, path).st_mode & 07777;
}

/* ---- bits ---- */

typedef struct
{
  const char *name;
  gboolean is_dir;
  mode_t before, read_write, read_only;
} BitsRow;

static const BitsRow bits_rows[] = {
  { "a file that all may read stays so", FALSE, 0644, 0664, 0644 },
  { "a private file opens to the group", FALSE, 0600, 0660, 0640 },
  { "a file without bits opens to the owner too", FALSE, 0000, 0660, 0440 },
  { "an executable file stays one", FALSE, 0755, 0775, 0755 },
  { "set-id and sticky bits of a file are kept", FALSE, 07755, 07775, 07755 },
  { "a set-user-id file keeps its bit", FALSE, 04700, 04760, 04740 },
  { "a directory gets the set-gid bit", TRUE, 0755, 02775, 02755 },
  { "a private directory opens to the group", TRUE, 0700, 02770, 02750 },
  { "a directory without bits opens to the owner too", TRUE, 0000, 02770, 02550 },
  { "the sticky bit of a directory is kept", TRUE, 01777, 03777, 03777 },
};

/* Applies it with and without the newest system call for it, on something below the root, and alone. */
static void
check_bits (void **state)
{
  const BitsRow *row = *state;

  for (int round = 0; round < 8; round++)
    {
      g_autofree char *dir = scratch_dir ("bits");
      KVOL_AUTO_FD root = open_dir (dir);
      SysOwnerAccess access = round & 1 ? RO : RW;

      if (row->is_dir)
        make_dir (root, "it", row->before);
      else
        make_file (root, "it", row->before);
      if (round & 2)
        g_setenv ("KVOL_NO_FCHMODAT2", "1", TRUE);
      if (round & 4)
        {
          KVOL_AUTO_FD it = openat (root, "it", O_PATH | O_NOFOLLOW | O_CLOEXEC);

          sys_owner_apply_one (it, choose_gid (), access);
        }
      else
        assert_true (sys_owner_apply (root, choose_gid (), access, SYS_OWNER_ALWAYS, NULL, NULL));
      g_unsetenv ("KVOL_NO_FCHMODAT2");
      assert_int_equal (mode_of (root, "it"), access == RO ? row->read_only : row->read_write);
      assert_int_equal (look (root, "it").st_gid, choose_gid ());
      assert_int_equal (look (root, "it").st_uid, geteuid ());
    }
}

/* ---- policy ---- */

typedef struct
{
  const char *name;
  SysOwnerPolicy policy;
  SysOwnerAccess access;
  gboolean is_gid_right;
  mode_t root_mode;
  gboolean is_skipped; /* whether what is below stays as it is */
} PolicyRow;

static const PolicyRow policy_rows[] = {
  { "TestSkipPermissionChange/Always, gid does not match", SYS_OWNER_ALWAYS, RW, FALSE, 02770, FALSE },
  { "TestSkipPermissionChange/Always, all matches", SYS_OWNER_ALWAYS, RW, TRUE, 02770, FALSE },
  { "TestSkipPermissionChange/OnRootMismatch, gid does not match", SYS_OWNER_ON_ROOT_MISMATCH, RW, FALSE, 02770,
    FALSE },
  { "TestSkipPermissionChange/OnRootMismatch, bits do not match", SYS_OWNER_ON_ROOT_MISMATCH, RW, TRUE, 02750, FALSE },
  { "TestSkipPermissionChange/OnRootMismatch, no set-gid bit", SYS_OWNER_ON_ROOT_MISMATCH, RW, TRUE, 0770, FALSE },
  { "TestSkipPermissionChange/OnRootMismatch, all matches", SYS_OWNER_ON_ROOT_MISMATCH, RW, TRUE, 02770, TRUE },
  { "TestSkipPermissionChange/OnRootMismatch, more than all", SYS_OWNER_ON_ROOT_MISMATCH, RW, TRUE, 02777, TRUE },
  { "OnRootMismatch, read only, all matches", SYS_OWNER_ON_ROOT_MISMATCH, RO, TRUE, 02550, TRUE },
  { "OnRootMismatch, read only, bits do not match", SYS_OWNER_ON_ROOT_MISMATCH, RO, TRUE, 02540, FALSE },
  { "TestSetVolumeOwnershipMode/Always, root right, child wrong", SYS_OWNER_ALWAYS, RW, TRUE, 02777, FALSE },
  { "TestSetVolumeOwnershipMode/OnRootMismatch, root right, child wrong", SYS_OWNER_ON_ROOT_MISMATCH, RW, TRUE, 02770,
    TRUE },
  { "TestSetVolumeOwnershipMode/OnRootMismatch, root 0770 without set-gid", SYS_OWNER_ON_ROOT_MISMATCH, RW, TRUE, 0770,
    FALSE },
};

static void
check_policy (void **state)
{
  const PolicyRow *row = *state;
  g_autofree char *dir = scratch_dir ("policy");
  KVOL_AUTO_FD root = open_dir (dir);
  gint64 gid = choose_gid ();

  if (!row->is_gid_right && !scratch_is_real_root ())
    skip_because ("needs root for a full range of group ids");
  make_dir (root, "child", 0700);
  assert_int_equal (chown (dir, -1, row->is_gid_right ? gid : gid + 1), 0);
  assert_int_equal (chmod (dir, row->root_mode), 0);
  assert_true (sys_owner_apply (root, gid, row->access, row->policy, NULL, NULL));
  assert_int_equal (mode_of (root, "child") == 0700, row->is_skipped);
  assert_int_equal (look (root, ".").st_gid, gid);
}

static void
without_a_group_nothing_changes (void **state)
{
  g_autofree char *dir = scratch_dir ("nil");
  KVOL_AUTO_FD root = open_dir (dir);

  /* TestSetVolumeOwnershipOwner/fsGroup=nil */
  make_file (root, "file", 0600);
  assert_true (sys_owner_apply (root, -1, RW, SYS_OWNER_ALWAYS, NULL, NULL));
  assert_int_equal (mode_of (root, "file"), 0600);
  assert_int_equal (mode_of (root, "."), 0755);
}

static void
a_number_that_is_no_group_is_refused (void **state)
{
  g_autofree char *dir = scratch_dir ("number");
  KVOL_AUTO_FD root = open_dir (dir);
  g_autoptr (GError) error = NULL;

  assert_false (sys_owner_apply (root, G_MAXUINT32, RW, SYS_OWNER_ALWAYS, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC));
  assert_int_equal (mode_of (root, "."), 0755);
}

static void
a_link_is_owned_and_its_target_untouched (void **state)
{
  for (int round = 0; round < 2; round++)
    {
      g_autofree char *dir = scratch_dir ("link");
      g_autofree char *outside = scratch_dir ("outside");
      KVOL_AUTO_FD root = open_dir (dir);
      KVOL_AUTO_FD out = open_dir (outside);
      g_autofree char *file = g_build_filename (outside, "file", NULL);

      make_file (out, "file", 0600);
      assert_int_equal (symlinkat (file, root, "to-file"), 0);
      assert_int_equal (symlinkat (outside, root, "to-dir"), 0);
      if (round == 1)
        g_setenv ("KVOL_NO_FCHMODAT2", "1", TRUE);
      assert_true (sys_owner_apply (root, choose_gid (), RW, SYS_OWNER_ALWAYS, NULL, NULL));
      g_unsetenv ("KVOL_NO_FCHMODAT2");
      assert_int_equal (look (root, "to-file").st_gid, choose_gid ());
      assert_int_equal (look (root, "to-dir").st_gid, choose_gid ());
      assert_int_equal (mode_of (out, "file"), 0600);
      assert_int_equal (mode_of (out, "."), 0755);
      assert_int_equal (look (out, "file").st_gid, getegid ());
      assert_int_equal (look (out, ".").st_gid, getegid ());
    }
}

static void
a_group_that_is_refused_is_ignored_and_the_bits_are_set (void **state)
{
  g_autofree char *dir = scratch_dir ("refused");
  KVOL_AUTO_FD root = open_dir (dir);

  make_file (root, "file", 0600);
  assert_true (sys_owner_apply (root, REFUSED_GID, RW, SYS_OWNER_ALWAYS, NULL, NULL));
  assert_int_equal (mode_of (root, "file"), 0660);
  assert_int_equal (mode_of (root, "."), 02775);
}

/* One level of a deep tree: which are files can be told by the name. */
static const char *const level_names[] = { "a-file", "dir-1", "dir-2", "z-file" };

static void
make_level (int at)
{
  for (gsize i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (strstr (level_names[i], "file") != NULL)
      make_file (at, level_names[i], 0600);
    else
      make_dir (at, level_names[i], 0700);
}

static void
check_level (int at)
{
  for (gsize i = 0; i < G_N_ELEMENTS (level_names); i++)
    assert_int_equal (mode_of (at, level_names[i]), strstr (level_names[i], "file") != NULL ? 0660 : 02770);
}

static void
every_level_of_a_deep_tree_is_reached_with_all_its_neighbours (void **state)
{
  g_autofree char *dir = scratch_dir ("deep");
  KVOL_AUTO_FD root = open_dir (dir);
  KVOL_AUTO_FD at = open_dir (dir);
  const int depth = 200;

  for (int pass = 0; pass < 2; pass++)
    {
      kvol_clear_fd (&at);
      at = open_dir (dir);
      for (int level = 0; level < depth; level++)
        {
          if (pass == 0)
            make_level (at);
          else
            check_level (at);

          int below = openat (at, level % 2 != 0 ? "dir-1" : "dir-2", O_PATH | O_DIRECTORY | O_CLOEXEC);

          close (at);
          at = below;
        }
      if (pass == 0)
        assert_true (sys_owner_apply (root, choose_gid (), RW, SYS_OWNER_ALWAYS, NULL, NULL));
    }
}

static void
another_mount_in_the_volume_is_left_alone (void **state)
{
  g_autofree char *dir = scratch_dir ("mounts");
  g_autofree char *foreign = scratch_dir ("foreign");
  KVOL_AUTO_FD root = open_dir (dir);
  KVOL_AUTO_FD out = open_dir (foreign);
  g_autofree char *other = g_build_filename (dir, "other", NULL);
  g_autofree char *bind = g_build_filename (dir, "bind", NULL);
  g_autofree char *file = g_build_filename (dir, "file", NULL);
  g_autofree char *canary = g_build_filename (foreign, "canary", NULL);

  make_file (out, "canary", 0600);
  make_dir (root, "other", 0700);
  make_dir (root, "bind", 0700);
  make_file (root, "file", 0600);
  make_file (root, "last", 0600);
  assert_int_equal (mount ("none", other, "tmpfs", 0, "mode=0700"), 0);
  assert_int_equal (mount (foreign, bind, NULL, MS_BIND, NULL), 0);
  assert_int_equal (mount (canary, file, NULL, MS_BIND, NULL), 0);

  assert_true (sys_owner_apply (root, choose_gid (), RW, SYS_OWNER_ALWAYS, NULL, NULL));
  assert_int_equal (mode_of (root, "other"), 0700);
  assert_int_equal (mode_of (out, "."), 0755);
  assert_int_equal (mode_of (out, "canary"), 0600);
  assert_int_equal (mode_of (root, "last"), 0660);
  assert_int_equal (mode_of (root, "."), 02775);
  umount2 (other, 0);
  umount2 (bind, 0);
  umount2 (file, 0);
}

static void
a_cancelled_pass_does_not_touch_the_root (void **state)
{
  g_autofree char *dir = scratch_dir ("cancelled");
  KVOL_AUTO_FD root = open_dir (dir);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  assert_false (sys_owner_apply (root, choose_gid (), RW, SYS_OWNER_ALWAYS, cancellable, &error));
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  assert_int_equal (mode_of (root, "."), 0755);
}

/* ---- broken off, and run again ---- */

static int
apply (gpointer data)
{
  gint64 gid = choose_gid ();

  supervisor_begin ();
  return sys_owner_apply (GPOINTER_TO_INT (data), gid, RW, SYS_OWNER_ON_ROOT_MISMATCH, NULL, NULL) ? 0 : 1;
}

static gboolean
all_below_is_right (int root)
{
  return mode_of (root, "dir") == 02770 && mode_of (root, "dir/file") == 0660 && mode_of (root, "file") == 0664
         && look (root, "dir/file").st_gid == choose_gid ();
}

static void
a_pass_that_was_broken_off_shows_at_the_root (void **state)
{
  SupervisorPlan plan = { .act = SUPERVISOR_KILL, .at = 1 };
  SupervisorResult result = { .hit = TRUE };
  const char *reason = NULL;

  if (!supervisor_works (&reason))
    skip_because (reason);
  for (; result.hit; plan.at++)
    {
      g_autofree char *dir = scratch_dir ("killed");
      KVOL_AUTO_FD root = open_dir (dir);

      make_dir (root, "dir", 0700);
      make_file (root, "dir/file", 0600);
      make_file (root, "file", 0644);
      assert_true (supervisor_run (&plan, apply, GINT_TO_POINTER (root), &result, NULL));
      if (mode_of (root, ".") == 02775 && look (root, ".").st_gid == choose_gid ())
        assert_true (all_below_is_right (root));
      assert_true (sys_owner_apply (root, choose_gid (), RW, SYS_OWNER_ON_ROOT_MISMATCH, NULL, NULL));
      assert_true (all_below_is_right (root));
    }
  assert_true (plan.at > 10);
}

static void
what_is_right_costs_no_change (void **state)
{
  g_autofree char *dir = scratch_dir ("right");
  KVOL_AUTO_FD root = open_dir (dir);
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result;
  const char *reason = NULL;

  if (!supervisor_works (&reason))
    skip_because (reason);
  make_dir (root, "dir", 0700);
  make_file (root, "dir/file", 04600);
  assert_true (sys_owner_apply (root, choose_gid (), RW, SYS_OWNER_ALWAYS, NULL, NULL));
  assert_int_equal (fchmodat (root, ".", 0755, 0), 0);
  assert_true (supervisor_run (&plan, apply, GINT_TO_POINTER (root), &result, NULL));
  assert_int_equal (result.wait_status, 0);
  /* The root's mode, and nothing else. */
  assert_int_equal (result.counts[SYS_fchmod], 1);
  assert_int_equal (result.counts[SYS_fchown] + result.counts[SYS_fchownat] + result.counts[SYS_fchmodat], 0);
  assert_int_equal (mode_of (root, "dir/file"), 04660);

  assert_true (supervisor_run (&plan, apply, GINT_TO_POINTER (root), &result, NULL));
  assert_int_equal (result.total, 1);
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (without_a_group_nothing_changes),
    cmocka_unit_test (a_number_that_is_no_group_is_refused),
    cmocka_unit_test (a_link_is_owned_and_its_target_untouched),
    cmocka_unit_test (a_group_that_is_refused_is_ignored_and_the_bits_are_set),
    cmocka_unit_test (every_level_of_a_deep_tree_is_reached_with_all_its_neighbours),
    cmocka_unit_test (another_mount_in_the_volume_is_left_alone),
    cmocka_unit_test (a_cancelled_pass_does_not_touch_the_root),
    cmocka_unit_test (a_pass_that_was_broken_off_shows_at_the_root),
    cmocka_unit_test (what_is_right_costs_no_change),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  const char *reason = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bits_rows); i++)
    {
      const struct CMUnitTest test = { bits_rows[i].name, check_bits, NULL, NULL, (void *) &bits_rows[i] };

      g_array_append_val (tests, test);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (policy_rows); i++)
    {
      const struct CMUnitTest test = { policy_rows[i].name, check_policy, NULL, NULL, (void *) &policy_rows[i] };

      g_array_append_val (tests, test);
    }
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  if (!scratch_enter (&reason))
    {
      g_print ("ok - sys/owner # SKIP %s\n", reason);
      return 0;
    }
  return _cmocka_run_group_tests ("sys/owner", (const struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

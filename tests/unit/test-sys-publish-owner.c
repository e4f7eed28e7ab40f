/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owner, group and mode of what is published, and that they are right before anybody can see them (upstream setPerms).
 * The program has the calls that turn ..data, and those that change a group, itself: it looks when ..data turns in a
 * directory with a sticky bit, which it takes away to show that it did; and it refuses one group. */

#include <sys/syscall.h>

#include "unit/publish-place.h"

#define OTHER_UID 1234
#define OTHER_GID 4711
#define REFUSED_GID 999999

/* ---- what is there at the moment when ..data turns ---- */

static void
check_version_at_turn (int dir_fd, const char *path, gid_t gid)
{
  g_autoptr (GPtrArray) names = publish_list (dir_fd, path);
  struct stat st;

  assert_int_equal (fstatat (dir_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
  assert_int_equal (st.st_gid, gid);
  if (!S_ISDIR (st.st_mode))
    {
      assert_int_equal (st.st_mode & 0440, 0440);
      return;
    }
  assert_int_equal (st.st_mode & 07777, 02755);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);

      check_version_at_turn (dir_fd, child, gid);
    }
}

static void
check_turn (int dir_fd, const char *version)
{
  struct stat st;

  assert_int_equal (fstat (dir_fd, &st), 0);
  if (!(st.st_mode & S_ISVTX))
    return;
  assert_int_equal (st.st_mode & 02550, 02550);
  check_version_at_turn (dir_fd, version, st.st_gid);
  assert_int_equal (fchmodat (dir_fd, ".", st.st_mode & 06777, 0), 0);
}

int
symlinkat (const char *target, int dir_fd, const char *name)
{
  if (g_str_equal (name, "..data"))
    check_turn (dir_fd, target);
  return syscall (SYS_symlinkat, target, dir_fd, name);
}

int
renameat (int from_fd, const char *from, int to_fd, const char *to)
{
  char version[256] = "";

  if (g_str_equal (to, "..data") && readlinkat (from_fd, from, version, sizeof (version) - 1) > 0)
    check_turn (to_fd, version);
  return syscall (SYS_renameat2, from_fd, from, to_fd, to, 0);
}

int
fchown (int fd, uid_t uid, gid_t gid)
{
  errno = EPERM;
  return gid == REFUSED_GID ? -1 : syscall (SYS_fchown, fd, uid, gid);
}

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

static struct stat
look (PublishPlace *place, const char *path)
{
  struct stat st;

  assert_int_equal (fstatat (place->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
  return st;
}

static void
group_and_bits_are_right_when_the_data_link_turns (void **state)
{
  static const char *const lines[] = { "a/b:0600=1|foo:0400=1", "a/b:0600=2|foo:0400=1|zip:0044=3", "" };
  g_autoptr (PublishPlace) place = publish_place_new ();
  mode_t old = umask (077);

  /* TestSetPerms */
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      assert_int_equal (chmod (place->dir, 01755), 0);
      assert_true (publish_place_try (place, lines[i], choose_gid (), NULL, NULL));
      assert_int_equal (file_mode (place->dir), 02755);
      assert_int_equal (look (place, ".").st_gid, choose_gid ());
    }
  umask (old);
}

static void
bits_of_a_read_only_volume_are_added_and_none_removed (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *seen = NULL;

  assert_int_equal (chmod (place->dir, 0777), 0);
  assert_true (publish_place_try (place, "a:0600=|b:0644=|c/d:0007=|e:0777=", choose_gid (), NULL, NULL));
  seen = publish_place_dup_seen (place);
  assert_string_equal (seen, "a:0640=|b=|c/d:0447=|e:0777=");
  assert_int_equal (file_mode (place->dir), 02777);
}

static void
without_a_group_nothing_is_given_away (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  publish_place_must (place, "a/b:0600=");
  assert_int_equal (file_mode (place->dir), 0755);
  assert_int_equal (look (place, "..data/a").st_mode & 07777, 0755);
  assert_int_equal (look (place, "..data/a/b").st_mode & 07777, 0600);
  assert_int_equal (look (place, "..data/a/b").st_gid, getegid ());
}

static void
a_set_gid_directory_does_not_spoil_the_modes (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  assert_int_equal (chmod (place->dir, 02777), 0);
  publish_place_must (place, "a/b:0600=");
  assert_int_equal (look (place, "..data/.").st_mode & 07777, 0755);
  assert_int_equal (look (place, "..data/a").st_mode & 07777, 0755);
}

static void
an_owner_gets_the_file_and_its_link (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();

  if (!scratch_is_real_root ())
    skip_because ("needs root for a full range of user ids");
  assert_true (publish_place_try (place, "all=|token:0600@1234=secret", OTHER_GID, NULL, NULL));
  /* As a service account token with fsUser and fsGroup. */
  assert_int_equal (look (place, "..data/token").st_uid, OTHER_UID);
  assert_int_equal (look (place, "..data/token").st_gid, OTHER_GID);
  assert_int_equal (look (place, "..data/token").st_mode & 07777, 0640);
  assert_int_equal (look (place, "token").st_uid, OTHER_UID);
  assert_int_equal (look (place, "..data/all").st_uid, 0);
  assert_int_equal (look (place, "all").st_uid, 0);
}

typedef struct
{
  const char *name;
  const char *before;
  const char *after;
  gint64 gid_before, gid_after;
} ChangeRow;

static const ChangeRow change_rows[] = {
  { "a change of mode alone makes a new version", "a:0644=1|b=2", "a:0600=1|b=2", -1, -1 },
  { "a change of owner alone makes a new version", "a=1|b@1234=2", "a=1|b@1235=2", -1, -1 },
  { "a change of group alone makes a new version", "a=1|b=2", "a=1|b=2", OTHER_GID, OTHER_GID + 1 },
  { "a group where there was none makes a new version", "a=1|b=2", "a=1|b=2", -1, OTHER_GID },
};

static void
check_change (void **state)
{
  const ChangeRow *row = *state;

  if (!scratch_is_real_root ())
    skip_because ("needs root for a full range of ids");
  for (int restart = 0; restart < 2; restart++)
    {
      g_autoptr (PublishPlace) place = publish_place_new ();
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;
      g_autofree char *again = NULL;

      assert_true (publish_place_try (place, row->before, row->gid_before, "1", NULL));
      before = publish_place_dup_version (place);
      if (restart)
        publish_place_restart (place);
      assert_true (publish_place_try (place, row->after, row->gid_after, "2", NULL));
      after = publish_place_dup_version (place);
      assert_string_not_equal (after, before);
      if (row->gid_after >= 0)
        assert_int_equal (look (place, "..data/b").st_gid, row->gid_after);

      if (restart)
        publish_place_restart (place);
      assert_true (publish_place_try (place, row->after, row->gid_after, "3", NULL));
      again = publish_place_dup_version (place);
      assert_string_equal (again, after);
    }
}

static void
a_group_that_is_refused_is_not_asked_for_again_and_again (void **state)
{
  g_autoptr (PublishPlace) place = publish_place_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  /* As in a user namespace that does not know the group. */
  assert_true (publish_place_try (place, "foo:0600=1", REFUSED_GID, "1", NULL));
  first = publish_place_dup_version (place);
  assert_true (publish_place_try (place, "foo:0600=1", REFUSED_GID, "1", NULL));
  assert_true (publish_place_try (place, "foo:0600=1", REFUSED_GID, "2", NULL));
  second = publish_place_dup_version (place);
  assert_string_equal (second, first);
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (group_and_bits_are_right_when_the_data_link_turns),
    cmocka_unit_test (bits_of_a_read_only_volume_are_added_and_none_removed),
    cmocka_unit_test (without_a_group_nothing_is_given_away),
    cmocka_unit_test (a_set_gid_directory_does_not_spoil_the_modes),
    cmocka_unit_test (an_owner_gets_the_file_and_its_link),
    cmocka_unit_test (a_group_that_is_refused_is_not_asked_for_again_and_again),
  };
  g_autoptr (GArray) tests = rows_new ();

  rows_add_all (tests, change_rows, check_change);
  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  return publish_run_tests ("sys/publish, owners", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* local volumes through the whole library, on the real kernel: their life, and what must not happen to data. Rows and
 * tests carry the names of upstream's (pkg/volume/local, test/e2e/storage/persistent_volumes-local.go). */
#include "local-ground.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- set-up and teardown ---- */

static void
test_mount_unmount (void **state)
{
  Ground *self = *state;
  Story *story = self->story;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *place = in_pod (self, "web", NULL);
  g_autofree char *file = in_pod (self, "web", "file");
  struct stat source, bound;
  struct statvfs shown;

  story_sync (story, pod);
  assert_true (file_has (file, "precious"));
  assert_int_equal (stat (self->source, &source) + stat (place, &bound), 0);
  assert_true (source.st_dev == bound.st_dev && source.st_ino == bound.st_ino);
  assert_int_equal (statvfs (place, &shown), 0);
  assert_int_equal (shown.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY), ST_NOSUID | ST_NODEV);
  story_sync (story, pod);
  story_remove (story, pod);
  assert_int_equal (access (place, F_OK), -1);
  story_remove (story, pod);
}

static void
a_read_only_volume_cannot_be_written (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, ", 'readOnly': <true>", "'fsGroup': <int64 4711>");
  g_autofree char *new_file = in_pod (self, "web", "new");
  g_autoptr (GPtrArray) mounts = NULL;

  story_sync (self->story, pod);
  assert_int_equal (open (new_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
  assert_int_equal (errno, EROFS);
  mounts = kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL);
  assert_int_equal (mounts->len, 1);
  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "ro"));
  story_remove (self->story, pod);
}

static void
test_mount_options (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod =
      pod_of ("web", "pv1", self->source, ", 'mountOptions': <['noexec', 'test-option', 'noatime']>", "");
  g_autofree char *place = in_pod (self, "web", NULL);
  struct statvfs shown;

  story_sync (self->story, pod);
  assert_int_equal (statvfs (place, &shown), 0);
  assert_int_equal (shown.f_flag & (ST_NOEXEC | ST_NOATIME | ST_RELATIME), ST_NOEXEC | ST_NOATIME);
  assert_condition (self, "web", "MountOptionsIgnored: mount options that mean nothing here are left out: test-option");

  /* A runtime that is not told again would take them away. */
  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL);
  g_autofree char *told = g_strjoinv (",", (char **) kvol_mount_get_options (mounts->pdata[0]));

  assert_string_equal (told, "rbind,rw,rprivate,nosuid,nodev,noexec,noatime");
  story_remove (self->story, pod);
}

static void
what_is_mounted_below_the_source_stays_out (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *sub = g_build_filename (self->source, "sub", NULL);
  g_autofree char *inner = in_pod (self, "web", "sub/inner");

  assert_int_equal (mount ("none", sub, "tmpfs", 0, NULL), 0);
  story_sync (self->story, pod);
  assert_true (file_has (inner, "deeper"));
  story_remove (self->story, pod);
  assert_int_equal (umount2 (sub, 0), 0);
}

static void
a_sub_path_of_it_is_bound (void **state)
{
  Ground *self = *state;
  g_autofree char *spec =
      g_strdup_printf ("{'volumes': <[{'name': <'data'>, 'specName': <'pv1'>, 'local': <{'path': <'%s'>}>}]>, "
                       "'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': "
                       "<'/data'>, 'subPath': <'sub'>}]>}]>}",
                       self->source);
  g_autoptr (KvolPod) pod = story_pod ("web", spec);
  g_autofree char *inner = g_build_filename (self->story->root, "pods/web-uid/volume-subpaths/data/main/0/inner", NULL);

  story_sync (self->story, pod);
  assert_true (file_has (inner, "deeper"));
  story_remove (self->story, pod);
}

/* ---- data survives ---- */

static void
a_volume_in_use_is_not_taken_down (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autoptr (GError) error = NULL;
  int fd = -1;

  story_sync (self->story, pod);
  fd = open (file, O_RDONLY | O_CLOEXEC);
  assert_false (kvol_manager_remove_pod (self->story->manager, "web-uid", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  assert_true (file_has (file, "precious"));
  close (fd);
  story_remove (self->story, pod);
}

static void
a_file_in_the_bare_directory_stays (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *place = in_pod (self, "web", NULL);
  g_autofree char *file = in_pod (self, "web", "foreign");
  g_autoptr (GError) error = NULL;

  story_sync (self->story, pod);
  assert_int_equal (umount2 (place, UMOUNT_NOFOLLOW), 0);
  assert_true (g_file_set_contents (file, "precious", -1, NULL));
  for (int again = 0; again < 2; again++)
    {
      g_clear_error (&error);
      assert_false (kvol_manager_remove_pod (self->story->manager, "web-uid", NULL, &error));
      assert_true (file_has (file, "precious"));
    }
  assert_int_equal (unlink (file), 0);
  story_remove (self->story, pod);
}

static void
another_mount_on_its_place_is_not_unmounted (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *place = in_pod (self, "web", NULL);
  g_autofree char *file = in_pod (self, "web", "foreign");
  g_autoptr (GError) error = NULL;

  story_sync (self->story, pod);
  assert_int_equal (mount ("none", place, "tmpfs", 0, NULL), 0);
  assert_true (g_file_set_contents (file, "precious", -1, NULL));
  assert_false (kvol_manager_remove_pod (self->story->manager, "web-uid", NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY));
  assert_true (file_has (file, "precious"));
  assert_int_equal (umount2 (place, UMOUNT_NOFOLLOW), 0);
  story_remove (self->story, pod);
}

static void
a_source_that_is_exchanged_later_changes_nothing (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *aside = g_strconcat (self->source, "-aside", NULL);
  g_autofree char *file = in_pod (self, "web", "file");

  story_sync (self->story, pod);
  assert_int_equal (rename (self->source, aside), 0);
  assert_int_equal (symlink ("/", self->source), 0);
  story_sync (self->story, pod);
  assert_true (file_has (file, "precious"));
  story_remove (self->story, pod);
  assert_int_equal (unlink (self->source) + rename (aside, self->source), 0);
}

static void
after_a_restart_it_is_taken_down_without_its_object (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *file = in_pod (self, "web", "file");
  g_autoptr (GVariant) findings = NULL;

  story_sync (self->story, pod);
  story_restart (self->story);
  findings = kvol_manager_recover (self->story->manager, FALSE, NULL, NULL);
  assert_int_equal (g_variant_n_children (findings), 0);
  assert_true (file_has (file, "precious"));
  story_remove (self->story, pod);
}

static void
without_its_record_it_is_taken_down_by_name (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", "pv1", self->source, "", "");
  g_autofree char *record = g_build_filename (self->story->root, "kvol/pods/web-uid", NULL);

  story_sync (self->story, pod);
  assert_int_equal (unlink (record), 0);
  story_restart (self->story);
  story_remove (self->story, pod);
}

/* ---- what is refused ---- */

static void
a_wrong_source_keeps_the_pod_waiting (void **state)
{
  Ground *self = *state;
  g_autofree char *missing = g_strconcat (self->source, "/missing", NULL);
  g_autofree char *file = g_strconcat (self->source, "/file", NULL);
  g_autofree char *climbing = g_strconcat (self->source, "/..", NULL);
  g_autoptr (KvolPod) absent = pod_of ("web", "pv1", missing, "", "");
  g_autoptr (KvolPod) wrong = pod_of ("web", "pv1", file, "", "");
  g_autoptr (KvolPod) invalid = pod_of ("web", "pv1", climbing, "", "");
  g_autofree char *state_word = NULL;

  /* e2e: should fail due to non-existent path; it is pending with a mount error. */
  assert_refused (self, absent, KVOL_ERROR_ABSENT, "\" does not exist");
  assert_refused (self, wrong, KVOL_ERROR_FINAL, "only directory and block device are supported");
  assert_refused (self, invalid, KVOL_ERROR_INVALID_SPEC, " must not contain '..'");
  state_word = story_state (self->story, "web", "data");
  assert_string_equal (state_word, "failed");
  story_remove (self->story, invalid);
}

/* TestMapUnmap, TestConstructBlockVolumeSpec: a device is refused before anything is made, not bound as a directory. */
static void
a_volume_in_block_mode_is_refused (void **state)
{
  static const struct
  {
    const char *mode;
    int code;
    const char *message;
  } rows[] = {
    { "Block", KVOL_ERROR_NOT_SUPPORTED,
      "spec.volumes[0].volumeMode: Block: volumes that are devices are not supported yet" },
    { "block", KVOL_ERROR_INVALID_SPEC,
      "spec.volumes[0].volumeMode: Unsupported value: \"block\": supported values: \"Block\", \"Filesystem\"" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("{'metadata': <{'name': <'web'>, 'uid': <'web-uid'>}>, 'spec': <{'volumes': <[{'name': "
                           "<'data'>, 'local': <{'path': <'/srv'>}>, 'volumeMode': <'%s'>}]>}>}",
                           rows[i].mode);
      g_autoptr (GVariant) object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
      g_autoptr (GError) error = NULL;

      assert_null (kvol_pod_new (object, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, rows[i].code));
      assert_string_equal (error->message, rows[i].message);
    }
}

/* ---- data is shared: should be able to write from pod1 and read from pod2 ---- */

typedef struct
{
  const char *name;
  const char *prepare; /* in the directory that holds "source" */
  const char *path;    /* below it */
  gboolean needs_root;
  const char *clean_up; /* NULL: nothing */
} Kind;

#define WRITE_READ "should be able to write from pod1 and read from pod2: "
static const Kind kinds[] = {
  { WRITE_READ "dir", "mkdir dir", "dir", FALSE, NULL },
  { WRITE_READ "dir-link", "mkdir dir; ln -s dir link", "link", FALSE, NULL },
  { WRITE_READ "dir-bindmounted", "mkdir dir; mount --bind dir dir", "dir", FALSE, "umount dir" },
  { WRITE_READ "dir-link-bindmounted", "mkdir dir; mount --bind dir dir; ln -s dir link", "link", FALSE, "umount dir" },
  { WRITE_READ "tmpfs", "mkdir dir; mount -t tmpfs none dir", "dir", FALSE, "umount dir" },
  { WRITE_READ "blockfs", "mkdir dir; truncate -s 8M disk; mkfs.ext4 -q disk; mount -o loop disk dir; chmod 777 dir",
    "dir", TRUE, "umount dir" },
};

static gboolean
run_in (const char *dir, const char *command)
{
  g_autofree char *line = g_strdup_printf ("cd '%s' && { set -e; %s; } >/dev/null 2>&1", dir, command);

  return system (line) == 0;
}

static void
write_from_one_and_read_from_another (void **state)
{
  const Kind *kind = *state;
  g_autofree char *base = scratch_dir ("kinds");
  g_autofree char *path = g_build_filename (base, kind->path, NULL);
  g_autoptr (KvolPod) one = pod_of ("one", "pv1", path, "", "");
  g_autoptr (KvolPod) two = pod_of ("two", "pv1", path, "", "");
  g_autofree char *kept = g_build_filename (path, "file", NULL);
  Ground self = { 0 };

  if (kind->needs_root && !scratch_is_real_root ())
    skip_because ("a loop device needs real root");
  if (!run_in (base, kind->prepare))
    {
      if (!kind->needs_root)
        fail_msg ("%s", kind->prepare);
      skip_because ("this machine has no loop device to be had");
    }
  self.story = story_begin ();

  g_autofree char *written = in_pod (&self, "one", "file");
  g_autofree char *read = in_pod (&self, "two", "file");

  story_sync (self.story, one);
  assert_true (g_file_set_contents (written, "from one", -1, NULL));
  story_sync (self.story, two);
  assert_true (file_has (read, "from one"));
  story_remove (self.story, one);
  assert_true (file_has (read, "from one"));
  story_remove (self.story, two);
  assert_true (file_has (kept, "from one"));
  story_end (self.story);
  if (kind->clean_up != NULL)
    assert_true (run_in (base, kind->clean_up));
}

int
main (void)
{
  static const struct CMUnitTest stories[] = {
    ON_GROUND (test_mount_unmount),
    ON_GROUND (a_read_only_volume_cannot_be_written),
    ON_GROUND (test_mount_options),
    ON_GROUND (what_is_mounted_below_the_source_stays_out),
    ON_GROUND (a_sub_path_of_it_is_bound),
    ON_GROUND (a_volume_in_use_is_not_taken_down),
    ON_GROUND (a_file_in_the_bare_directory_stays),
    ON_GROUND (another_mount_on_its_place_is_not_unmounted),
    ON_GROUND (a_source_that_is_exchanged_later_changes_nothing),
    ON_GROUND (after_a_restart_it_is_taken_down_without_its_object),
    ON_GROUND (without_its_record_it_is_taken_down_by_name),
    ON_GROUND (a_wrong_source_keeps_the_pod_waiting),
    cmocka_unit_test (a_volume_in_block_mode_is_refused),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (stories) + G_N_ELEMENTS (kinds)] = { 0 };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - local volumes # SKIP %s\n", reason);
      return 0;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    tests[i] = (struct CMUnitTest){ .name = kinds[i].name,
                                    .test_func = write_from_one_and_read_from_another,
                                    .initial_state = (void *) &kinds[i] };
  memcpy (tests + G_N_ELEMENTS (kinds), stories, sizeof stories);
  return cmocka_run_group_tests_name ("local volumes", tests, NULL, NULL);
}

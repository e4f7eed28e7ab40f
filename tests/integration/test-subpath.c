/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subPath, as the kubelet prepares and cleans it (upstream pkg/volume/util/subpath): rows carry the upstream test's
 * name. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/rows.h"
#include "support/scratch.h"
#include "support/story.h"

/* A pod with one emptyDir and one container that mounts a part of it. */
static KvolPod *
pod_with_sub_path (const char *sub_path)
{
  g_autofree char *spec = g_strdup_printf ("{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>, 'containers': "
                                           "<[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': "
                                           "<'/data'>, 'subPath': <'%s'>}]>}]>}",
                                           sub_path);

  return story_pod ("web", spec);
}

static char *
target_of (Story *story)
{
  return g_build_filename (story->root, "pods/web-uid/volume-subpaths/data/main/0", NULL);
}

/* What a row makes in the volume before the sync; paths are relative to it. */
typedef struct
{
  const char *name; /* upstream's */
  const char *sub_path;
  const char *dirs[3];
  const char *links[6]; /* name, target, ... */
  const char *file;
  mode_t special; /* S_IFIFO or S_IFSOCK: made as "special" */
  gboolean refused;
} Row;

static const Row rows[] = {
  { "TestBindSubPath/directory", "a/b", { "a", "a/b" } },
  { "TestBindSubPath/file", "file", .file = "file" },
  { "TestBindSubPath/socket", "special", .special = S_IFSOCK },
  { "TestBindSubPath/fifo", "special", .special = S_IFIFO },
  { "TestSafeMakeDir/all-created-subpath-directory-with-permissions", "x/y" },
  { "TestSafeMakeDir/follow-symlinks", "link/new", { "real" }, { "link", "real" } },
  { "TestSafeMakeDir/follow-symlink-loop", "loop/new", .links = { "loop", "loop" }, .refused = TRUE },
  { "TestSafeMakeDir/danglink-symlink", "gone", .links = { "gone", "nowhere" }, .refused = TRUE },
  { "TestSafeMakeDir/non-directory", "file/new", .file = "file", .refused = TRUE },
  { "TestSafeMakeDir/escape-with-symlink", "out/new", .links = { "out", "/" }, .refused = TRUE },
  { "TestSafeMakeDir/escape-with-relative-symlink", "a/in", { "a", "b" }, { "a/in", "../b" } },
  { "TestSafeMakeDir/escape-with-relative-symlink-not-exists", "a/in", { "a" }, { "a/in", "../b" }, .refused = TRUE },
  { "TestFindExistingPrefix/with-fifo-in-middle", "special/new", .special = S_IFIFO, .refused = TRUE },
  { "TestBindSubPath/subpath-symlink-child-outside", "a/out", { "a" }, { "a/out", "/etc" }, .refused = TRUE },
  { "TestBindSubPath/subpath-child-outside-exists", "out/passwd", .links = { "out", "/etc" }, .refused = TRUE },
  { "TestBindSubPath/subpath-backstepping", "a/back", { "a" }, { "a/back", "../../../../.." }, .refused = TRUE },
};

static void
make_special (const char *path, mode_t type)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  if (type == S_IFIFO)
    {
      assert_int_equal (mkfifo (path, 0600), 0);
      return;
    }

  /* Socket addresses are short: bind to the name where it is. */
  g_autofree char *dir = g_path_get_dirname (path);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_int_equal (chdir (dir), 0);
  g_strlcpy (address.sun_path, "special", sizeof address.sun_path);
  assert_int_equal (bind (fd, (struct sockaddr *) &address, sizeof address), 0);
  assert_int_equal (chdir ("/"), 0);
  close (fd);
}

static void
fill_volume (const char *volume, const Row *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (row->dirs) && row->dirs[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (volume, row->dirs[i], NULL);

      assert_int_equal (mkdir (path, 0755), 0);
    }
  for (guint i = 0; i + 1 < G_N_ELEMENTS (row->links) && row->links[i] != NULL; i += 2)
    {
      g_autofree char *path = g_build_filename (volume, row->links[i], NULL);

      assert_int_equal (symlink (row->links[i + 1], path), 0);
    }
  if (row->file != NULL)
    {
      g_autofree char *path = g_build_filename (volume, row->file, NULL);

      assert_true (g_file_set_contents (path, "x", -1, NULL));
    }
  if (row->special != 0)
    {
      g_autofree char *path = g_build_filename (volume, "special", NULL);

      make_special (path, row->special);
    }
}

static void
sub_path_row (void **state)
{
  const Row *row = *state;
  Story *story = story_begin ();
  g_autoptr (KvolPod) bare = story_pod ("web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>}");
  g_autoptr (KvolPod) pod = pod_with_sub_path (row->sub_path);
  g_autofree char *volume = story_path (story, "web", "kubernetes.io~empty-dir", "data", NULL);
  g_autofree char *source = g_build_filename (volume, row->sub_path, NULL);
  g_autofree char *target = target_of (story);
  g_autoptr (GError) error = NULL;
  struct stat inside;
  struct stat bound;

  story_sync (story, bare);
  fill_volume (volume, row);
  if (row->refused)
    {
      assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
      assert_non_null (
          strstr (error->message, "failed to prepare subPath for volumeMount \"data\" of container \"main\""));
      assert_int_not_equal (lstat (target, &bound), 0);
    }
  else
    {
      story_sync (story, pod);
      assert_int_equal (stat (source, &inside), 0);
      assert_int_equal (stat (target, &bound), 0);
      assert_int_equal (inside.st_ino, bound.st_ino);
      assert_int_equal (inside.st_mode, bound.st_mode);
    }
  story_remove (story, pod);
  story_end (story);
}

static void
a_made_sub_path_has_the_mode_and_group_of_the_volume (void **state)
{
  Story *story = story_begin ();
  g_autofree char *target = target_of (story);
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'securityContext': <{'fsGroup': <int64 0>}>, 'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>,"
             "'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/data'>, "
             "'subPath': <'x/y'>}]>}]>}");

  story_sync (story, pod);
  assert_int_equal (file_mode (target), 02777);
  story_remove (story, pod);
  story_end (story);
}

static void
a_bind_that_is_gone_is_not_handed_out (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = pod_with_sub_path ("a");
  g_autofree char *target = target_of (story);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_int_equal (umount2 (target, 0), 0);
  assert_null (kvol_manager_get_mounts (story->manager, "web-uid", "main", &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  story_sync (story, pod);

  g_autoptr (GPtrArray) mounts = kvol_manager_get_mounts (story->manager, "web-uid", "main", NULL);

  assert_int_equal (mounts->len, 1);
  story_remove (story, pod);
  story_end (story);
}

static void
a_second_sync_keeps_the_bind (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = pod_with_sub_path ("a");

  story_sync (story, pod);

  unsigned mounts = count_mounts ();

  story_sync (story, pod);
  assert_int_equal (count_mounts (), mounts);
  story_remove (story, pod);
  story_end (story);
}

static void
a_target_bound_to_another_directory_is_bound_anew (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = pod_with_sub_path ("a");
  g_autofree char *source = story_path (story, "web", "kubernetes.io~empty-dir", "data", "a");
  g_autofree char *aside = story_path (story, "web", "kubernetes.io~empty-dir", "data", "aside");
  g_autofree char *target = target_of (story);
  struct stat inside;
  struct stat bound;

  story_sync (story, pod);
  assert_int_equal (rename (source, aside), 0);
  story_sync (story, pod);
  assert_int_equal (stat (source, &inside), 0);
  assert_int_equal (stat (target, &bound), 0);
  assert_int_equal (inside.st_ino, bound.st_ino);
  story_remove (story, pod);
  story_end (story);
}

static void
a_bind_is_removed_after_its_directory_was_deleted_in_the_volume (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = pod_with_sub_path ("a");
  g_autofree char *source = story_path (story, "web", "kubernetes.io~empty-dir", "data", "a");

  story_sync (story, pod);
  assert_int_equal (rmdir (source), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
a_stray_file_among_the_binds_stays_and_is_told (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = pod_with_sub_path ("a");
  g_autofree char *stray = g_build_filename (story->root, "pods/web-uid/volume-subpaths/data/stray", NULL);
  g_autoptr (GError) error = NULL;

  story_sync (story, pod);
  assert_true (g_file_set_contents (stray, "x", -1, NULL));
  assert_false (kvol_manager_remove_pod (story->manager, "web-uid", NULL, &error));
  assert_true (file_has (stray, "x"));
  assert_int_equal (unlink (stray), 0);
  story_remove (story, pod);
  story_end (story);
}

static void
a_config_map_key_can_be_a_sub_path (void **state)
{
  Story *story = story_begin ();
  g_autofree char *target = target_of (story);
  g_autoptr (KvolPod) pod =
      story_pod ("web", "{'volumes': <[{'name': <'data'>, 'configMap': <{'name': <'settings'>}>}]>,"
                        "'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, "
                        "'mountPath': <'/etc/color'>, 'subPath': <'color'>}]>}]>}");

  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "blue", NULL);
  story_sync (story, pod);
  assert_true (file_has (target, "blue"));
  memory_store_set (story->store, "ConfigMap", "default", "settings", "color", "red", NULL);
  story_sync (story, pod);
  assert_true (file_has (target, "red"));
  story_remove (story, pod);
  story_end (story);
}

static void
a_device_behind_a_host_path_can_be_opened (void **state)
{
  Story *story = story_begin ();
  g_autofree char *target = target_of (story);
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'data'>, 'hostPath': <{'path': <'/dev'>}>}]>, 'containers': <[{'name': "
             "<'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/dev/null'>, 'subPath': "
             "<'null'>}]>}]>}");

  story_sync (story, pod);

  int fd = open (target, O_WRONLY | O_CLOEXEC);

  assert_true (fd >= 0);
  close (fd);
  story_remove (story, pod);
  story_end (story);
}

static void
a_sub_path_that_cannot_be_names_its_pod_and_hides_no_volumes_error (void **state)
{
  Story *story = story_begin ();
  g_autoptr (KvolPod) pod = story_pod (
      "web", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}, {'name': <'config'>, 'configMap': <{'name': "
             "<'settings'>}>}]>, 'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': "
             "<'/d'>, 'subPath': <'out/new'>}]>}]>}");
  g_autofree char *out = story_path (story, "web", "kubernetes.io~empty-dir", "data", "out");
  g_autofree char *aside = story_path (story, "web", "kubernetes.io~empty-dir", "data", "aside");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, NULL));
  /* The container has been at work meanwhile. */
  assert_int_equal (rename (out, aside), 0);
  assert_int_equal (symlink ("/", out), 0);
  assert_false (kvol_manager_sync_pod (story->manager, pod, NULL, &error));
  assert_non_null (strstr (error->message, "volume \"config\" of pod \"default/web\""));
  assert_non_null (strstr (error->message, "; pod \"default/web\": failed to prepare subPath"));
  story_remove (story, pod);
  story_end (story);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest plain[] = {
    cmocka_unit_test (a_made_sub_path_has_the_mode_and_group_of_the_volume),
    cmocka_unit_test (a_bind_that_is_gone_is_not_handed_out),
    cmocka_unit_test (a_second_sync_keeps_the_bind),
    cmocka_unit_test (a_target_bound_to_another_directory_is_bound_anew),
    cmocka_unit_test (a_bind_is_removed_after_its_directory_was_deleted_in_the_volume),
    cmocka_unit_test (a_stray_file_among_the_binds_stays_and_is_told),
    cmocka_unit_test (a_config_map_key_can_be_a_sub_path),
    cmocka_unit_test (a_device_behind_a_host_path_can_be_opened),
    cmocka_unit_test (a_sub_path_that_cannot_be_names_its_pod_and_hides_no_volumes_error),
  };
  g_autoptr (GArray) tests = rows_new ();

  if (!scratch_enter (&reason))
    {
      print_message ("ok - subPath # SKIP %s\n", reason);
      return 0;
    }
  rows_add_plain (tests, plain);
  rows_add_all (tests, rows, sub_path_row);
  return rows_run ("subPath", tests);
}

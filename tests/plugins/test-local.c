/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* local against a scripted host: what can lie at the path, and what the host is asked for then. The rows carry the
 * names of upstream's tests (pkg/volume/local); what needs a mount or a second pod is in tests/integration. */
#include "scripted-host.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "support/scratch.h"

/* In a fresh directory, which is the working directory of the shell; @D@ in texts is its path. */
typedef struct
{
  const char *name;
  const char *prepare; /* a shell command */
  const char *path;    /* NULL: the option is not there */
  const char *mount_options;
  int code; /* 0: it succeeds */
  const char *message;
  const char *source; /* what is bound, when it is not @path */
} Row;

static const Row rows[] = {
  { "TestInvalidLocalPath", NULL, "/no/backsteps/allowed/..", NULL, KVOL_ERROR_INVALID_SPEC,
    "invalid path: /no/backsteps/allowed/.. must not contain '..'", NULL },
  { "a backstep in the middle is refused", "mkdir a", "@D@/a/../a", NULL, KVOL_ERROR_INVALID_SPEC,
    "invalid path: @D@/a/../a must not contain '..'", NULL },
  { "a name that begins with two dots is none", "mkdir ..data", "@D@/..data", NULL, 0, NULL, NULL },
  { "TestFSGlobalPathAndMountDevice: a directory is bound as it is", "mkdir data", "@D@/data", NULL, 0, NULL, NULL },
  { "TestMountOptions", "mkdir data", "@D@/data", "noexec,test-option", 0, NULL, NULL },
  { "a path with slashes to spare is cleaned", "mkdir -p a/b", "@D@//a/./b/", NULL, 0, NULL, "@D@/a/b" },
  { "dir-link: a link of the host is followed", "mkdir data; ln -s data link", "@D@/link", NULL, 0, NULL, "@D@/data" },
  { "a link of the host on the way is followed", "mkdir -p a/b; ln -s a link", "@D@/link/b", NULL, 0, NULL, "@D@/a/b" },
  { "should fail due to non-existent path", NULL, "@D@/missing", NULL, KVOL_ERROR_ABSENT,
    "path \"@D@/missing\" does not exist", NULL },
  { "a link that leads nowhere is not there", "ln -s nowhere link", "@D@/link", NULL, KVOL_ERROR_ABSENT,
    "path \"@D@/link\" does not exist", NULL },
  { "a path below a file is not there", "touch file", "@D@/file/data", NULL, KVOL_ERROR_ABSENT,
    "path \"@D@/file/data\" does not exist", NULL },
  { "a link to itself is refused", "ln -s loop loop", "@D@/loop", NULL, KVOL_ERROR_FINAL,
    "open path \"@D@/loop\": Too many levels of symbolic links", NULL },
  { "a file is refused", "touch file", "@D@/file", NULL, KVOL_ERROR_FINAL,
    "path \"@D@/file\": only directory and block device are supported", NULL },
  { "a fifo is refused, and not waited for", "mkfifo fifo", "@D@/fifo", NULL, KVOL_ERROR_FINAL,
    "path \"@D@/fifo\": only directory and block device are supported", NULL },
  { "a character device is refused", NULL, "/dev/null", NULL, KVOL_ERROR_FINAL,
    "path \"/dev/null\": only directory and block device are supported", NULL },
  { "an empty path is refused", NULL, "", NULL, KVOL_ERROR_INVALID_SPEC,
    "local volume source is nil or local path is not set", NULL },
  { "no path is refused", NULL, NULL, NULL, KVOL_ERROR_INVALID_SPEC,
    "local volume source is nil or local path is not set", NULL },
};

static char *
expand (const char *text, const char *dir)
{
  g_auto (GStrv) parts = g_strsplit (text, "@D@", -1);

  return g_strjoinv (dir, parts);
}

static void
set_path (ScriptedVolume *volume, const char *path)
{
  scripted_volume_init (volume, NULL);
  if (path != NULL)
    volume->node.options = g_variant_ref_sink (g_variant_new_parsed ("{'path': <%s>}", path));
}

static void
assert_same_inode (int fd, const char *path)
{
  struct stat held, named;

  assert_int_equal (fstat (fd, &held), 0);
  assert_int_equal (stat (path, &named), 0);
  assert_true (held.st_dev == named.st_dev && held.st_ino == named.st_ino);
}

static void
assert_bound (ScriptedHost *host, const ScriptedVolume *volume, const Row *row, const char *source)
{
  g_autofree char *calls =
      g_strconcat ("clone_tree", row->mount_options != NULL ? "\nset_tree_options " : "", row->mount_options, NULL);

  assert_int_equal (volume->made.kind, KVOL_MADE_TREE);
  assert_int_equal (volume->made.applied, 0);
  assert_same_inode (volume->made.fd, source);
  assert_calls (host, calls);
}

static void
a_source_is_bound_or_refused (void **state)
{
  const Row *row = *state;
  g_autofree char *dir = g_dir_make_tmp ("local-XXXXXX", NULL);
  g_autofree char *command = g_strdup_printf ("cd '%s' && { %s; }", dir, row->prepare ? row->prepare : "true");
  g_autofree char *path = row->path ? expand (row->path, dir) : NULL;
  g_autofree char *source = row->source ? expand (row->source, dir) : g_strdup (path);
  g_autofree char *message = row->message ? expand (row->message, dir) : NULL;
  g_auto (GStrv) options = row->mount_options ? g_strsplit (row->mount_options, ",", -1) : NULL;
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  assert_int_equal (system (command), 0);
  set_path (&volume, path);
  volume.node.mount_options = (const char *const *) options;

  gboolean ok = scripted_setup (host, &volume, -1, &error);

  if (row->message != NULL)
    {
      assert_false (ok);
      assert_refused (error, row->code, message);
      assert_int_equal (volume.made.fd, -1);
      assert_calls (host, "");
      return;
    }
  if (!ok)
    fail_msg ("%s", error->message);
  assert_bound (host, &volume, row, source);
}

/* ---- stories ---- */

static void
test_block_device_global_path_and_mount_device (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;

  if (!g_spawn_command_line_sync ("find /dev -xdev -type b -print -quit", &found, NULL, NULL, NULL)
      || *g_strchomp (found) == '\0')
    skip_because ("this machine shows no block device in /dev");
  set_path (&volume, found);
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_true (g_str_has_suffix (error->message, "local volumes of block devices are not supported yet"));
  assert_calls (host, "");
}

static void
test_map_unmap_and_test_construct_block_volume_spec (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  set_path (&volume, "/");
  volume.node.mode = KVOL_MODE_BLOCK;
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_NOT_SUPPORTED, "local volume \"vol\": volumeMode Block is not supported yet");
  assert_false ((host->desc->flags & KVOL_PLUGIN_BLOCK) != 0);
}

static void
a_relative_path_is_one_below_the_root_directory (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  g_auto (ScriptedVolume) volume;

  set_path (&volume, "proc/self");
  assert_true (scripted_setup (host, &volume, -1, NULL));
  assert_same_inode (volume.made.fd, "/proc/self");
}

static void
what_the_host_cannot_bind_is_an_error (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  static const char *const options[] = { "noexec", NULL };
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;

  set_path (&volume, "/");
  volume.node.mount_options = options;
  scripted_host_fail (host, "clone_tree", KVOL_ERROR_FINAL, "no mount");
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_FINAL, "no mount");
  scripted_host_fail (host, "set_tree_options", KVOL_ERROR_FINAL, "no options");
  assert_false (scripted_setup (host, &volume, -1, &later));
  assert_refused (later, KVOL_ERROR_FINAL, "no options");
}

/* Wherever the host is in its own teardown: with the bare directory, with something foreign in it, without one. */
static void
teardown_asks_for_nothing_and_touches_nothing (void **state)
{
  g_autofree char *dir = g_dir_make_tmp ("local-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (dir, "foreign", NULL);
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  KVOL_AUTO_FD dir_fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  scripted_volume_init (&volume, NULL);
  assert_true (g_file_set_contents (file, "precious", -1, NULL));
  assert_true (scripted_teardown (host, &volume, dir_fd, &error));
  assert_true (scripted_teardown (host, &volume, -1, &error));
  assert_true (file_has (file, "precious"));
  assert_calls (host, "");
}

static void
test_node_expand (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  g_auto (ScriptedVolume) volume;

  set_path (&volume, "/");
  assert_true (host->desc->expand (host->self, &volume.node, 1 << 20, -1, NULL, NULL));
  assert_calls (host, "");
}

static void
test_construct_volume_spec_filesystem_volume_with_directory_source (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  KVOL_AUTO_FD dir_fd = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, NULL);

  g_autoptr (GVariant) options = host->desc->reconstruct (host->self, &volume.pod, dir_fd, NULL, NULL);

  assert_non_null (options);
  assert_int_equal (g_variant_n_children (options), 0);
}

static void
the_persistent_volume_identifies_for_all_pods (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  g_auto (ScriptedVolume) volume;
  g_auto (ScriptedVolume) lost;

  set_path (&volume, "/data");
  scripted_volume_init (&lost, NULL);

  g_autofree char *id = host->desc->identify (host->self, &volume.node, NULL);
  g_autofree char *id_after_a_loss = host->desc->identify (host->self, &lost.node, NULL);

  assert_string_equal (id, "vol");
  assert_string_equal (id_after_a_loss, "vol");
}

static void
usage_is_that_of_the_file_system (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  KVOL_AUTO_FD dir_fd = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  KvolUsageInfo usage = { .size = sizeof usage };
  g_auto (ScriptedVolume) volume;
  struct statfs fs;

  scripted_volume_init (&volume, NULL);
  assert_true (host->desc->get_usage (host->self, &volume.pod, dir_fd, &usage, NULL, NULL));
  assert_int_equal (fstatfs (dir_fd, &fs), 0);
  assert_int_equal (usage.capacity_bytes, (guint64) fs.f_blocks * (guint64) fs.f_bsize);
  assert_int_equal (usage.inodes, fs.f_files);
  assert_int_equal (usage.inodes, usage.inodes_used + usage.inodes_free);
  assert_true (usage.used_bytes + usage.available_bytes <= usage.capacity_bytes);
  assert_false (host->desc->get_usage (host->self, &volume.pod, -1, &usage, NULL, NULL));
}

/* TestUnsupportedPlugins (local): no attach, no provision, no delete, no recycle; a directory is staged nowhere. */
static void
test_unsupported_plugins (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("local", "kubernetes.io/local-volume");
  const KvolPluginDesc *desc = host->desc;

  assert_true (desc->flags == (KVOL_PLUGIN_MOUNT_OPTIONS | KVOL_PLUGIN_FS_GROUP | KVOL_PLUGIN_SHARED));
  assert_null (desc->attach);
  assert_null (desc->stage);
  assert_null (desc->provision);
  assert_null (desc->remove);
  assert_null (desc->scrub);
}

int
main (void)
{
  static const struct CMUnitTest stories[] = {
    cmocka_unit_test (test_block_device_global_path_and_mount_device),
    cmocka_unit_test (test_map_unmap_and_test_construct_block_volume_spec),
    cmocka_unit_test (a_relative_path_is_one_below_the_root_directory),
    cmocka_unit_test (what_the_host_cannot_bind_is_an_error),
    cmocka_unit_test (teardown_asks_for_nothing_and_touches_nothing),
    cmocka_unit_test (test_node_expand),
    cmocka_unit_test (test_construct_volume_spec_filesystem_volume_with_directory_source),
    cmocka_unit_test (the_persistent_volume_identifies_for_all_pods),
    cmocka_unit_test (usage_is_that_of_the_file_system),
    cmocka_unit_test (test_unsupported_plugins),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + G_N_ELEMENTS (stories)] = { 0 };
  g_autofree char *top = scripted_tmp_new ();

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                    .test_func = a_source_is_bound_or_refused,
                                    .initial_state = (void *) &rows[i] };
  memcpy (tests + G_N_ELEMENTS (rows), stories, sizeof stories);

  int failed = cmocka_run_group_tests_name ("local", tests, NULL, NULL);

  scripted_remove_tree (top);
  return failed;
}

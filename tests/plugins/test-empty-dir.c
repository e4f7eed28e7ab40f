/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emptyDir: its life. The names above some tests are upstream's (pkg/volume/emptydir, test/e2e/common/storage). */
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

#include "support/scratch.h"

/* "volume on default medium should have the correct mode" */
static void
the_directory_gets_mode_0777_back_from_a_umask (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autofree char *dir = g_dir_make_tmp ("kvol-empty-dir-XXXXXX", NULL);
  KVOL_AUTO_FD dir_fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

  scripted_volume_init (&volume, "{}");
  assert_int_equal (file_mode (dir), 0700);
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_int_equal (file_mode (dir), 0777);

  /* What fsGroup added stays when the set-up is repeated after a crash. */
  assert_int_equal (chmod (dir, 02777), 0);
  assert_true (scripted_setup (host, &volume, dir_fd, NULL));
  assert_int_equal (file_mode (dir), 02777);
  rmdir (dir);
}

/* TestSetupHugepages/Invalid: setupDir fails */
static void
a_directory_that_is_none_is_an_error (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  scripted_volume_init (&volume, "{}");
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_FINAL, "give the volume's directory mode 0777: Bad file descriptor");
}

/* TestSetupHugepages/Invalid: mounter is nil */
static void
the_hosts_refusal_to_mount_is_handed_on (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;

  scripted_volume_init (&volume, "{'medium': <'Memory'>}");
  scripted_host_fail (host, "create_fs", KVOL_ERROR_FORBIDDEN, "tmpfs: not for you");
  assert_false (scripted_setup (host, &volume, -1, &error));
  assert_refused (error, KVOL_ERROR_FORBIDDEN, "tmpfs: not for you");
  assert_int_equal (volume.made.kind, KVOL_MADE_FILLED);
  assert_int_equal (volume.made.fd, -1);
}

static void
teardown_removes_the_content_as_often_as_it_is_asked (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  /* Nothing is known of the volume but its name. */
  scripted_volume_init (&volume, NULL);
  assert_true (scripted_teardown (host, &volume, dir_fd, NULL));
  assert_true (scripted_teardown (host, &volume, dir_fd, NULL));
  assert_calls (host, "remove_contents\nremove_contents");
}

/* TestPluginHugetlbfs, doTestPlugin: TearDown when the volume dir is already gone */
static void
teardown_of_a_directory_that_is_gone_succeeds (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, NULL);
  assert_true (scripted_teardown (host, &volume, -1, NULL));
  assert_calls (host, "");
}

static void
teardown_fails_when_content_cannot_be_removed (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  KVOL_AUTO_FD dir_fd = open ("/", O_PATH | O_CLOEXEC);

  scripted_volume_init (&volume, "{}");
  scripted_host_fail (host, "remove_contents", KVOL_ERROR_BUSY, "a mount is on data/x");
  assert_false (scripted_teardown (host, &volume, dir_fd, &error));
  assert_refused (error, KVOL_ERROR_BUSY, "a mount is on data/x");
}

static void
the_volume_name_identifies_and_nothing_is_needed_to_reconstruct (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;

  scripted_volume_init (&volume, NULL);

  g_autofree char *id = host->desc->identify (host->self, &volume.node, NULL);
  g_autoptr (GVariant) options = host->desc->reconstruct (host->self, &volume.pod, -1, NULL, NULL);

  assert_string_equal (id, "vol");
  assert_true (g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT));
  assert_int_equal (g_variant_n_children (options), 0);
}

/* TestMetrics */
static void
usage_on_disk_is_counted_by_the_host (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  KvolUsageInfo usage = { .size = sizeof usage };
  /* Also where /tmp is memory: that is not the volume's own. */
  g_autofree char *path = g_dir_make_tmp (NULL, NULL);
  KVOL_AUTO_FD dir_fd = open (path, O_PATH | O_CLOEXEC);

  scripted_volume_init (&volume, "{}");
  assert_int_equal (rmdir (path), 0);
  assert_true (host->desc->get_usage (host->self, &volume.pod, dir_fd, &usage, NULL, NULL));
  assert_calls (host, "measure_contents");
  assert_int_equal (usage.used_bytes, 4096);
  assert_true (usage.capacity_bytes > 0 && usage.available_bytes > 0);
}

/* TestMetricsDuRequireRealDirectory */
static void
usage_of_no_directory_is_an_error (void **state)
{
  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  KvolUsageInfo usage = { .size = sizeof usage };

  scripted_volume_init (&volume, "{}");
  assert_false (host->desc->get_usage (host->self, &volume.pod, -1, &usage, NULL, &error));
  assert_refused (error, KVOL_ERROR_FINAL, "failed to get FsInfo due to error Bad file descriptor");
}

/* "volume on tmpfs should have the correct mode", "pod should support memory backed volumes of specified size" */
static void
the_kernel_takes_the_memory_volume_as_it_is_asked_for (void **state)
{
  if (*state != NULL)
    skip_because ((const char *) *state);

  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  KvolUsageInfo usage = { .size = sizeof usage };
  struct stat st;

  host->asks_kernel = TRUE;
  scripted_volume_init (&volume, "{'medium': <'Memory'>, 'sizeLimit': <int64 1048576>}");
  assert_true (scripted_setup (host, &volume, -1, &error));
  assert_int_equal (fstat (volume.made.fd, &st), 0);
  assert_int_equal (st.st_mode & 07777, 01777);

  /* It counts for itself: no walk. */
  g_free (scripted_host_take_calls (host));
  assert_true (host->desc->get_usage (host->self, &volume.pod, volume.made.fd, &usage, NULL, NULL));
  assert_calls (host, "");
  assert_int_equal (usage.capacity_bytes, 1 << 20);
  assert_int_equal (usage.used_bytes, 0);
  assert_int_equal (usage.available_bytes, 1 << 20);
  assert_int_equal (usage.inodes_used, 1);
}

static void
the_kernel_takes_the_page_size_as_it_is_spelled (void **state)
{
  if (*state != NULL)
    skip_because ((const char *) *state);
  if (!scratch_is_real_root ())
    skip_because ("hugetlbfs is for real root only");
  if (!g_file_test ("/sys/kernel/mm/hugepages/hugepages-2048kB", G_FILE_TEST_IS_DIR))
    skip_because ("this kernel has no huge pages of 2 MiB");

  g_autoptr (ScriptedHost) host = scripted_host_new ("empty-dir", "kubernetes.io/empty-dir");
  g_auto (ScriptedVolume) volume;
  g_autoptr (GError) error = NULL;
  const guint64 sizes[] = { 2 << 20, 0 };
  struct statfs fs;

  host->asks_kernel = TRUE;
  scripted_volume_init (&volume, "{'medium': <'HugePages-2Mi'>}");
  scripted_volume_set_page_sizes (&volume, sizes);
  assert_true (scripted_setup (host, &volume, -1, &error));
  assert_int_equal (fstatfs (volume.made.fd, &fs), 0);
  assert_int_equal (fs.f_bsize, 2 << 20);
}

int
main (void)
{
  g_autofree char *top = scripted_tmp_new ();
  const char *reason = NULL;

  scratch_enter (&reason);

  const struct CMUnitTest stories[] = {
    cmocka_unit_test (the_directory_gets_mode_0777_back_from_a_umask),
    cmocka_unit_test (a_directory_that_is_none_is_an_error),
    cmocka_unit_test (the_hosts_refusal_to_mount_is_handed_on),
    cmocka_unit_test (teardown_removes_the_content_as_often_as_it_is_asked),
    cmocka_unit_test (teardown_of_a_directory_that_is_gone_succeeds),
    cmocka_unit_test (teardown_fails_when_content_cannot_be_removed),
    cmocka_unit_test (the_volume_name_identifies_and_nothing_is_needed_to_reconstruct),
    cmocka_unit_test (usage_on_disk_is_counted_by_the_host),
    cmocka_unit_test (usage_of_no_directory_is_an_error),
    cmocka_unit_test_prestate (the_kernel_takes_the_memory_volume_as_it_is_asked_for, (void *) reason),
    cmocka_unit_test_prestate (the_kernel_takes_the_page_size_as_it_is_spelled, (void *) reason),
  };
  int failed = cmocka_run_group_tests_name ("emptyDir", stories, NULL, NULL);

  scripted_remove_tree (top);
  return failed;
}

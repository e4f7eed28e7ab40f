/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sweep over a teardown with the classic bug, which takes no notice of an unmount that failed and then deletes,
 * finds it: else what it says about kvol would mean nothing. And kvol does not rely on what an unmount answers. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/snapshot.h"
#include "sweep.h"

/* ---- a kernel that lies ---- */

/* Every umount2() says that it succeeded, and none is made. What is then deleted through the mounts is lost. */
static void
an_unmount_that_only_claims_success_loses_nothing (void **state)
{
  World *world = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_LIE, .at = SUPERVISOR_EVERY, .only_nr = __NR_umount2 };
  g_auto (Verdict) verdict = { 0 };
  SweepCount count = { 0 };
  SupervisorResult result;

  verdict_init (&verdict);
  sweep_point (sweep_get_down (), world, &plan, FALSE, &result, &count, &verdict);
  assert_true (result.hit);
  sweep_assert (sweep_get_down (), &count, &verdict);
}

/* ---- the planted bug ---- */

static void
unlink_all (int dir_fd, const char *name)
{
  int fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (GDir) dir = fd >= 0 ? g_dir_open (path, 0, NULL) : NULL;
  const char *child;

  while (dir != NULL && (child = g_dir_read_name (dir)) != NULL)
    unlink_all (fd, child);
  if (fd >= 0)
    close (fd);
  unlinkat (dir_fd, name, fd >= 0 ? AT_REMOVEDIR : 0);
}

/* What a hasty author writes: unmount everything, then remove everything; each innermost mount comes first. */
static int
naive_down (gpointer data)
{
  const World *world = data;
  g_autofree char *table = snapshot_dup_mounts (world->root);
  g_auto (GStrv) mounts = g_strsplit (table, "\n", -1);
  g_autofree char *pods = g_build_filename (world->root, "pods", NULL);
  g_autofree char *records = g_build_filename (world->root, "kvol", "pods", NULL);
  g_autofree char *record = g_build_filename (records, WORLD_POD_UID, NULL);
  g_autofree char *pod = g_build_filename (pods, WORLD_POD_UID, NULL);

  supervisor_begin ();
  for (guint i = g_strv_length (mounts); i > 0; i--)
    {
      g_autofree char *path = g_strndup (mounts[i - 1], strcspn (mounts[i - 1], " "));

      umount2 (path, UMOUNT_NOFOLLOW);
    }
  unlink_all (AT_FDCWD, pod);
  unlink (record);
  supervisor_end ();
  return g_file_test (pod, G_FILE_TEST_EXISTS) ? 1 : 0;
}

static Subject
naive_subject (void)
{
  Subject naive = *sweep_get_down ();

  naive.name = "a naive down";
  naive.swept = naive_down;
  return naive;
}

static void
the_planted_bug_does_not_show_without_faults (void **state)
{
  World *world = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  const Subject naive = naive_subject ();
  g_auto (Verdict) verdict = { 0 };
  SweepCount count = { 0 };
  SupervisorResult result;

  verdict_init (&verdict);
  sweep_point (&naive, world, &plan, FALSE, &result, &count, &verdict);
  sweep_assert (&naive, &count, &verdict);
}

static void
the_sweep_finds_the_planted_bug (void **state)
{
  World *world = *state;
  const Subject naive = naive_subject ();
  g_auto (Verdict) verdict = { 0 };
  SweepCount count = { 0 };

  verdict_init (&verdict);
  sweep_errors (&naive, world, 1, &count, &verdict);
  assert_int_equal (verdict.level, VERDICT_VIOLATION);
  assert_non_null (strstr (verdict.text->str, "umount2"));
}

int
main (void)
{
  g_autoptr (World) world = NULL;
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - the sweep finds the planted bug # SKIP %s\n", reason);
      return 0;
    }
  world = world_new ();

  const struct CMUnitTest tests[] = {
    cmocka_unit_test_prestate (an_unmount_that_only_claims_success_loses_nothing, world),
    cmocka_unit_test_prestate (the_planted_bug_does_not_show_without_faults, world),
    cmocka_unit_test_prestate (the_sweep_finds_the_planted_bug, world),
  };

  return cmocka_run_group_tests_name ("planted bug", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many system calls each step of a set-up or teardown costs, and what happens when one of them fails: nothing is
 * left of it. Counted by the supervisor; close() is not among the calls it knows. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/place.h"
#include "support/scratch.h"
#include "support/supervisor.h"
#include "sys/beneath.h"
#include "sys/mount.h"
#include "sys/tree.h"

/* ---- steps: each runs in the supervised child and answers 0 when it succeeded ---- */

static int
make_new_dir (gpointer data)
{
  const Place *place = data;

  supervisor_begin ();
  return sys_make_dir_at (place->fd, "new", 0755, NULL, NULL) >= 0 ? 0 : 1;
}

static int
make_same_dir (gpointer data)
{
  const Place *place = data;

  supervisor_begin ();
  return sys_make_dir_at (place->fd, "directory", 0755, NULL, NULL) >= 0 ? 0 : 1;
}

static int
remove_dir (gpointer data)
{
  const Place *place = data;

  supervisor_begin ();
  return sys_remove_dir_at (place->fd, "directory", NULL) ? 0 : 1;
}

static int
open_beneath (gpointer data)
{
  const Place *place = data;

  supervisor_begin ();
  return sys_open_beneath (place->fd, "directory", O_PATH, 0, SYS_BENEATH_NO_LINKS, NULL) >= 0 ? 0 : 1;
}

static int
look_up (gpointer data)
{
  const Place *place = data;
  SysMountInfo info = { 0 };

  supervisor_begin ();
  return sys_mount_lookup (place->fd, "directory", &info, NULL) ? 0 : 1;
}

static int
create_tree (gpointer data)
{
  const char *const options[] = { "size=1m", "nr_inodes=10", NULL };

  supervisor_begin ();
  return sys_tree_create ("tmpfs", "volume", options, NULL) >= 0 ? 0 : 1;
}

static int
clone_tree (gpointer data)
{
  const Place *place = data;

  supervisor_begin ();
  return sys_tree_clone (place->fd, "", FALSE, NULL) >= 0 ? 0 : 1;
}

static int
set_read_only_and_hang (gpointer data)
{
  const Place *place = data;
  int tree = sys_tree_clone (place->fd, "", FALSE, NULL);
  int target = openat (place->fd, "directory", O_PATH | O_CLOEXEC);

  supervisor_begin ();
  return sys_tree_set_read_only (tree, NULL) && sys_tree_hang (tree, target, NULL) ? 0 : 1;
}

static int
unmount (gpointer data)
{
  const Place *place = data;
  int tree = sys_tree_create ("tmpfs", NULL, NULL, NULL);
  int target = openat (place->fd, "directory", O_PATH | O_CLOEXEC);

  if (!sys_tree_hang (tree, target, NULL))
    return 1;
  close (tree);
  close (target);
  supervisor_begin ();
  return sys_unmount_at (place->fd, "directory", NULL) ? 0 : 1;
}

static int
list (gpointer data)
{
  const Place *place = data;
  g_auto (GStrv) names = NULL;

  supervisor_begin ();
  names = sys_list_dir (place->fd, NULL);
  supervisor_end ();
  return names != NULL && g_strv_length (names) == 1 ? 0 : 1;
}

static int
ask_for_noswap_twice (gpointer data)
{
  if (!sys_tree_has_noswap ())
    return 0;
  supervisor_begin ();
  return sys_tree_has_noswap () ? 0 : 1;
}

typedef struct
{
  int nr;
  guint times;
} Cost;

typedef struct
{
  const char *name;
  SupervisorChild step;
  Cost costs[5];
  unsigned mounts_before; /* that the step hangs before it is counted, and takes down */
} Row;

static const Row rows[] = {
  { "a new directory costs mkdirat and openat", make_new_dir, { { SYS_mkdirat, 1 }, { SYS_openat, 1 } } },
  { "a directory that is there costs the same", make_same_dir, { { SYS_mkdirat, 1 }, { SYS_openat, 1 } } },
  { "removing a directory costs unlinkat", remove_dir, { { SYS_unlinkat, 1 } } },
  { "opening beneath costs openat2", open_beneath, { { SYS_openat2, 1 } } },
  { "asking about a mount costs statx", look_up, { { SYS_statx, 1 } } },
  { "a file system costs fsopen, fsconfig for source, each option and making it, fsmount",
    create_tree,
    { { SYS_fsopen, 1 }, { SYS_fsconfig, 4 }, { SYS_fsmount, 1 } } },
  { "a bind costs open_tree and mount_setattr", clone_tree, { { SYS_open_tree, 1 }, { SYS_mount_setattr, 1 } } },
  { "read-only costs mount_setattr, hanging costs move_mount",
    set_read_only_and_hang,
    { { SYS_mount_setattr, 1 }, { SYS_move_mount, 1 } } },
  { "unmounting costs umount2", unmount, { { SYS_umount2, 1 } }, 1 },
  { "listing a small directory costs openat and two getdents64", list, { { SYS_openat, 1 }, { SYS_getdents64, 2 } } },
  { "whether there is noswap is asked once", ask_for_noswap_twice, { { 0 } } },
};

typedef struct
{
  const Row *row;
  const Place *place;
} Case;

static void
run (const Place *place, const SupervisorPlan *plan, SupervisorChild step, SupervisorResult *ret_result)
{
  const char *reason = NULL;

  if (!supervisor_works (&reason))
    skip_because (reason);
  assert_true (supervisor_run (plan, step, (gpointer) place, ret_result, NULL));
}

static int
enter_with_directory (void **state)
{
  void *place = NULL;

  if (place_enter (&place) != 0)
    return -1;
  place_make_dir (place, "directory");
  ((Case *) *state)->place = place;
  return 0;
}

static int
leave (void **state)
{
  const Case *self = *state;
  void *place = (void *) self->place;

  /* What the child has hung stays after it. */
  sys_unmount_at (self->place->fd, "directory", NULL);
  return place_leave (&place);
}

static void
costs_what_it_says (void **state)
{
  const Case *self = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result;
  guint total = 0;

  run (self->place, &plan, self->row->step, &result);
  assert_int_equal (result.wait_status, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (self->row->costs); i++)
    {
      const Cost *cost = &self->row->costs[i];

      if (cost->times > 0)
        assert_int_equal (result.counts[cost->nr], cost->times);
      total += cost->times;
    }
  assert_int_equal (result.total, total);
}

/* Each of the calls fails once. What was there before is there after, and nothing else. */
static void
leaves_nothing_when_a_call_fails (void **state)
{
  const Case *self = *state;
  SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = 1, .error = EIO };
  unsigned mounts = count_mounts () + self->row->mounts_before;
  SupervisorResult result;

  for (run (self->place, &plan, self->row->step, &result); result.hit;
       run (self->place, &plan, self->row->step, &result))
    {
      g_auto (GStrv) names = sys_list_dir (self->place->fd, NULL);

      assert_int_equal (result.wait_status, 1 << 8);
      assert_int_equal (g_strv_length (names), 1);
      assert_int_equal (count_mounts (), mounts);
      sys_unmount_at (self->place->fd, "directory", NULL);
      plan.at++;
    }
  assert_true (plan.at > 1);
}

/* ---- somebody renames what is on the way ---- */

static const Row opening = { "opening beneath", open_beneath, { { SYS_openat2, 1 } } };

static void
an_open_that_is_disturbed_or_interrupted_once_succeeds (void **state)
{
  const Case *self = *state;
  const int errors[] = { EAGAIN, EINTR };

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      const SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = 1, .error = errors[i] };
      SupervisorResult result;

      run (self->place, &plan, open_beneath, &result);
      assert_int_equal (result.wait_status, 0);
      assert_int_equal (result.counts[SYS_openat2], 2);
    }
}

static void
an_open_that_is_disturbed_without_end_gives_up (void **state)
{
  const Case *self = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = SUPERVISOR_EVERY, .error = EAGAIN };
  SupervisorResult result;

  run (self->place, &plan, open_beneath, &result);
  assert_int_equal (result.wait_status, 1 << 8);
  assert_in_range (result.counts[SYS_openat2], 2, 1000);
}

/* ---- noswap ---- */

/* A machine that is short of memory at the first question. */
static int
ask_for_noswap_again (gpointer data)
{
  gboolean first;

  supervisor_begin ();
  first = sys_tree_has_noswap ();
  supervisor_end ();
  return !first && sys_tree_has_noswap () ? 0 : 1;
}

static const Row asking = { "asking for noswap", ask_for_noswap_again };

static void
a_moment_without_memory_is_not_taken_for_a_kernel_without_noswap (void **state)
{
  const Case *self = *state;
  const char *const options[] = { "noswap", NULL };
  KVOL_AUTO_FD tree = sys_tree_create ("tmpfs", NULL, options, NULL);
  SupervisorResult result;

  /* Not asked the way that is tested: the child would inherit the answer. */
  if (tree < 0)
    skip_because ("this process gets no tmpfs with noswap");
  /* fsopen, fsconfig for the option, fsconfig to make it. */
  for (guint at = 1; at <= 3; at++)
    {
      const SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = at, .error = ENOMEM };

      run (self->place, &plan, ask_for_noswap_again, &result);
      assert_int_equal (result.wait_status, 0);
    }
}

/* ---- all of them ---- */

static void
add (GArray *tests, GPtrArray *names, const char *suffix, Case *self, CMUnitTestFunction function)
{
  char *name = g_strconcat (self->row->name, suffix, NULL);
  const struct CMUnitTest test = { name, function, enter_with_directory, leave, self };

  g_ptr_array_add (names, name);
  g_array_append_val (tests, test);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  Case cases[G_N_ELEMENTS (rows)];
  Case disturbed = { .row = &opening };
  Case short_of_memory = { .row = &asking };
  const char *reason = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      cases[i] = (Case){ .row = &rows[i] };
      add (tests, names, "", &cases[i], costs_what_it_says);
      if (rows[i].costs[0].times > 0)
        add (tests, names, ", and leaves nothing when one fails", &cases[i], leaves_nothing_when_a_call_fails);
    }
  add (tests, names, ", disturbed or interrupted once, succeeds", &disturbed,
       an_open_that_is_disturbed_or_interrupted_once_succeeds);
  add (tests, names, ", disturbed without end, gives up", &disturbed, an_open_that_is_disturbed_without_end_gives_up);
  add (tests, names, " in a moment without memory is no answer", &short_of_memory,
       a_moment_without_memory_is_not_taken_for_a_kernel_without_noswap);

  if (!scratch_enter (&reason))
    {
      g_print ("ok - every step has its price # SKIP %s\n", reason);
      return 0;
    }
  return _cmocka_run_group_tests ("sys/calls", (const struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

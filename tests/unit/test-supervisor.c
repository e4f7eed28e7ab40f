/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sweeps prove nothing unless the supervisor does what it says: a call that was killed at or failed is not made,
 * and every other one is. */

#include "support/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "support/scratch.h"

#define N_DIRS 5

/* Makes N_DIRS directories; the exit status is how many calls failed, and the last errno in the upper bits. */
static int
make_directories (gpointer data)
{
  int failed = 0;

  supervisor_begin ();
  for (int i = 0; i < N_DIRS; i++)
    {
      char name[2] = { (char) ('a' + i), '\0' };

      if (mkdirat (GPOINTER_TO_INT (data), name, 0755) < 0)
        failed = failed + 1;
    }
  supervisor_end ();
  mkdirat (GPOINTER_TO_INT (data), "uncounted", 0755);
  return failed;
}

typedef struct
{
  char *dir;
  int fd;
} Place;

static int
set_up (void **state)
{
  Place *place = g_new0 (Place, 1);

  place->dir = scratch_dir ("supervisor");
  place->fd = open (place->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  *state = place;
  return 0;
}

static int
tear_down (void **state)
{
  Place *place = *state;

  close (place->fd);
  g_free (place->dir);
  g_free (place);
  return 0;
}

static unsigned
count_made (Place *place)
{
  unsigned n = 0;

  for (int i = 0; i < N_DIRS; i++)
    {
      char name[2] = { (char) ('a' + i), '\0' };

      if (unlinkat (place->fd, name, AT_REMOVEDIR) == 0)
        n++;
    }
  return n;
}

static void
run (const SupervisorPlan *plan, SupervisorChild child, gpointer data, SupervisorResult *ret_result)
{
  g_autoptr (GError) error = NULL;

  if (!supervisor_run (plan, child, data, ret_result, &error))
    fail_msg ("%s", error->message);
}

static void
counting_changes_nothing (void **state)
{
  Place *place = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result;

  run (&plan, make_directories, GINT_TO_POINTER (place->fd), &result);
  assert_int_equal (result.wait_status, 0);
  assert_int_equal (result.total, N_DIRS);
  assert_int_equal (result.counts[__NR_mkdirat], N_DIRS);
  assert_false (result.hit);
  assert_int_equal (count_made (place), N_DIRS);
}

static void
a_process_killed_before_a_call_has_made_those_before_it_and_no_other (void **state)
{
  Place *place = *state;
  SupervisorPlan plan = { .act = SUPERVISOR_KILL };
  SupervisorResult result;

  for (plan.at = 1; plan.at <= N_DIRS; plan.at++)
    {
      run (&plan, make_directories, GINT_TO_POINTER (place->fd), &result);
      assert_true (result.hit);
      assert_int_equal (result.hit_nr, __NR_mkdirat);
      assert_int_equal (result.hit_path[0], 'a' + plan.at - 1);
      assert_true (WIFSIGNALED (result.wait_status) && WTERMSIG (result.wait_status) == SIGKILL);
      assert_int_equal (count_made (place), plan.at - 1);
    }
  run (&plan, make_directories, GINT_TO_POINTER (place->fd), &result);
  assert_false (result.hit);
  assert_int_equal (count_made (place), N_DIRS);
}

static void
a_failed_call_is_not_made_and_the_others_are (void **state)
{
  Place *place = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = 2, .error = ENOSPC };
  SupervisorResult result;

  run (&plan, make_directories, GINT_TO_POINTER (place->fd), &result);
  assert_int_equal (WEXITSTATUS (result.wait_status), 1);
  assert_int_not_equal (faccessat (place->fd, "b", F_OK, 0), 0);
  assert_int_equal (count_made (place), N_DIRS - 1);
}

static void
a_call_that_is_lied_about_succeeds_and_is_not_made (void **state)
{
  Place *place = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_LIE, .at = SUPERVISOR_EVERY, .only_nr = __NR_mkdirat };
  SupervisorResult result;

  run (&plan, make_directories, GINT_TO_POINTER (place->fd), &result);
  assert_int_equal (result.wait_status, 0);
  assert_int_equal (count_made (place), 0);
}

static gpointer
write_in_thread (gpointer data)
{
  return GINT_TO_POINTER (mkdirat (GPOINTER_TO_INT (data), "a", 0755));
}

static int
use_a_thread (gpointer data)
{
  supervisor_begin ();
  g_thread_join (g_thread_new ("test", write_in_thread, data));
  return 0;
}

static void
the_calls_of_a_thread_are_counted_and_can_kill_the_process (void **state)
{
  Place *place = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_KILL, .at = 1, .only_nr = __NR_mkdirat };
  SupervisorResult result;

  run (&plan, use_a_thread, GINT_TO_POINTER (place->fd), &result);
  assert_true (result.hit && WIFSIGNALED (result.wait_status));
  assert_int_equal (count_made (place), 0);
}

static int
write_to_a_file_and_a_pipe (gpointer data)
{
  int file = openat (GPOINTER_TO_INT (data), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  int ends[2];

  if (pipe (ends) < 0)
    return 2;
  supervisor_begin ();
  return write (ends[1], "x", 1) == 1 && write (file, "x", 1) < 0 && errno == EIO ? 0 : 1;
}

static void
only_writes_to_files_are_counted (void **state)
{
  Place *place = *state;
  const SupervisorPlan plan = { .act = SUPERVISOR_FAIL, .at = 1, .error = EIO };
  SupervisorResult result;

  run (&plan, write_to_a_file_and_a_pipe, GINT_TO_POINTER (place->fd), &result);
  assert_int_equal (result.wait_status, 0);
  assert_int_equal (result.total, 1);
}

static void
another_program_is_counted_from_its_first_call_on_a_path (void **state)
{
  Place *place = *state;
  g_autofree char *new_dir = g_build_filename (place->dir, "a", NULL);
  const char *argv[] = { "/bin/mkdir", new_dir, NULL };
  SupervisorPlan plan = { .act = SUPERVISOR_COUNT, .start_path = place->dir };
  SupervisorResult result;

  run (&plan, supervisor_exec, argv, &result);
  assert_int_equal (result.wait_status, 0);
  assert_in_range (result.total, 1, 3);
  assert_int_equal (count_made (place), 1);

  plan.act = SUPERVISOR_KILL;
  plan.at = 1;
  run (&plan, supervisor_exec, argv, &result);
  assert_true (result.hit && WIFSIGNALED (result.wait_status));
  assert_string_equal (result.hit_path, new_dir);
  assert_int_equal (count_made (place), 0);
}

static int
wait_for_ever (gpointer data)
{
  supervisor_begin ();
  return pause ();
}

static void
a_child_is_killed_at_a_moment (void **state)
{
  const SupervisorPlan plan = { .act = SUPERVISOR_KILL, .kill_after_usec = 200 };
  SupervisorResult result;

  run (&plan, wait_for_ever, NULL, &result);
  assert_true (result.hit);
  assert_false (result.timed_out);
  assert_true (WIFSIGNALED (result.wait_status));
}

static void
a_child_that_does_not_end_is_killed (void **state)
{
  const SupervisorPlan plan = { .timeout_usec = 1000 };
  SupervisorResult result;

  run (&plan, wait_for_ever, NULL, &result);
  assert_true (result.timed_out);
  assert_true (WIFSIGNALED (result.wait_status));
}

/* The child of the child lives until the test closes its end of the pipe. */
static int
leave_a_child_behind (gpointer data)
{
  int *ends = data;
  char byte;

  close (ends[1]);
  if (fork () == 0)
    {
      setsid ();
      _exit (read (ends[0], &byte, 1) != 0);
    }
  return 0;
}

static void
a_process_that_outlives_the_child_is_an_error (void **state)
{
  const SupervisorPlan plan = { .act = SUPERVISOR_COUNT };
  SupervisorResult result;
  int ends[2];

  assert_int_equal (pipe (ends), 0);
  assert_false (supervisor_run (&plan, leave_a_child_behind, ends, &result, NULL));
  close (ends[0]);
  close (ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (counting_changes_nothing),
    TEST (a_process_killed_before_a_call_has_made_those_before_it_and_no_other),
    TEST (a_failed_call_is_not_made_and_the_others_are),
    TEST (a_call_that_is_lied_about_succeeds_and_is_not_made),
    TEST (the_calls_of_a_thread_are_counted_and_can_kill_the_process),
    TEST (only_writes_to_files_are_counted),
    TEST (another_program_is_counted_from_its_first_call_on_a_path),
    TEST (a_child_is_killed_at_a_moment),
    TEST (a_child_that_does_not_end_is_killed),
    TEST (a_process_that_outlives_the_child_is_an_error),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !supervisor_works (&reason))
    {
      g_print ("ok - the supervisor does what it says # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("supervisor", tests, NULL, NULL);
}

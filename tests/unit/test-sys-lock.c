/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lock between processes: who holds it is said, who waits is woken or cancelled, and it ends with its holder. That
 * somebody waits is seen in /proc/locks. */

#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-macros.h>

#include "support/scratch.h"

#define ROUNDS 200
#define ALARM_SECONDS 120

typedef struct
{
  char *dir;
  int fd;
  pid_t holder;     /* a process that holds the lock; 0: none */
  int leash;        /* it lets go when this is closed */
  unsigned threads; /* of this process, when the test begins */
} Place;

/* A thread that was joined is still seen for a moment. That it goes is waited for, also before the next test counts:
 * else it would expect for ever a thread that is no more. */
static void
expect_threads_of_before (const Place *place)
{
  while (scratch_count_names ("/proc/self/task") != place->threads)
    g_usleep (1000);
}

static int
enter_place (void **state)
{
  Place *place = g_new0 (Place, 1);

  place->dir = g_dir_make_tmp ("kvol-lock-XXXXXX", NULL);
  place->fd = open (place->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  place->leash = -1;
  place->threads = scratch_count_names ("/proc/self/task");
  *state = place;
  return place->fd < 0;
}

static void
end_holder (Place *place)
{
  kvol_clear_fd (&place->leash);
  if (place->holder > 0)
    waitpid (place->holder, NULL, 0);
  place->holder = 0;
}

static int
leave_place (void **state)
{
  Place *place = *state;

  end_holder (place);
  expect_threads_of_before (place);
  unlinkat (place->fd, "lock", 0);
  close (place->fd);
  g_rmdir (place->dir);
  g_free (place->dir);
  g_free (place);
  return 0;
}

/* Another process takes the lock, and holds it until its leash is cut. */
static void
start_holder (Place *place)
{
  int ready[2], leash[2];
  char byte;

  assert_int_equal (pipe2 (ready, O_CLOEXEC), 0);
  assert_int_equal (pipe2 (leash, O_CLOEXEC), 0);
  place->holder = fork ();
  assert_true (place->holder >= 0);
  if (place->holder == 0)
    {
      close (leash[1]);
      if (sys_lock_at (place->fd, "lock", NULL, NULL) >= 0 && write (ready[1], "x", 1) == 1)
        _exit (read (leash[0], &byte, 1) == 0 ? 0 : 1);
      _exit (1);
    }
  close (ready[1]);
  close (leash[0]);
  place->leash = leash[1];
  assert_int_equal (read (ready[0], &byte, 1), 1);
  close (ready[0]);
}

/* How many wait for the lock: lines like "1: -> OFDLCK ADVISORY  WRITE -1 00:2a:33 0 EOF". */
static unsigned
count_waiting (const Place *place)
{
  g_autofree char *table = NULL;
  g_autofree char *inode = NULL;
  g_auto (GStrv) lines = NULL;
  struct stat st;
  unsigned n = 0;

  assert_int_equal (fstatat (place->fd, "lock", &st, 0), 0);
  inode = g_strdup_printf (":%ju ", (uintmax_t) st.st_ino);
  assert_true (g_file_get_contents ("/proc/locks", &table, NULL, NULL));
  lines = g_strsplit (table, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    n += strstr (lines[i], "->") != NULL && strstr (lines[i], inode) != NULL;
  return n;
}

/* What this and the one above wait for either comes or never does; then the alarm of main() ends the test. */
static void
expect_one_waiting (const Place *place)
{
  while (count_waiting (place) != 1)
    g_usleep (1000);
}

typedef struct
{
  const Place *place;
  GCancellable *cancellable;
  int fd;
  GError *error;
} Waiter;

static gpointer
wait_for_lock (gpointer data)
{
  Waiter *self = data;

  self->fd = sys_lock_at (self->place->fd, "lock", self->cancellable, &self->error);
  return NULL;
}

static GCancellable *
new_cancelled (void)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  return cancellable;
}

/* ---- */

static void
a_lock_names_its_holder_and_is_nobody_elses_to_read (void **state)
{
  const Place *place = *state;
  g_autofree char *path = g_build_filename (place->dir, "lock", NULL);
  g_autofree char *pid = g_strdup_printf ("%d\n", (int) getpid ());
  int fd = sys_lock_at (place->fd, "lock", NULL, NULL);

  assert_true (fd >= 0);
  assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
  assert_true (file_has (path, pid));
  assert_int_equal (file_mode (path), 0600);
  close (fd);
}

static void
a_longer_pid_of_before_leaves_no_trace (void **state)
{
  const Place *place = *state;
  g_autofree char *path = g_build_filename (place->dir, "lock", NULL);
  g_autofree char *pid = g_strdup_printf ("%d\n", (int) getpid ());
  int fd;

  assert_true (g_file_set_contents (path, "4194304000\n", -1, NULL));
  fd = sys_lock_at (place->fd, "lock", NULL, NULL);
  assert_true (file_has (path, pid));
  close (fd);
}

static void
a_lock_that_is_held_is_busy_and_its_holder_is_named (void **state)
{
  Place *place = *state;
  g_autoptr (GCancellable) cancelled = new_cancelled ();
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;

  start_holder (place);
  said = g_strdup_printf ("\"lock\" is held by process %d", (int) place->holder);
  assert_int_equal (sys_lock_at (place->fd, "lock", cancelled, &error), -1);
  assert_int_equal (error->domain, KVOL_ERROR);
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
  assert_string_equal (error->message, said);
}

static void
a_holder_that_wrote_nothing_is_another_process (void **state)
{
  Place *place = *state;
  g_autoptr (GCancellable) cancelled = new_cancelled ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (place->dir, "lock", NULL);

  start_holder (place);
  assert_int_equal (truncate (path, 0), 0);
  assert_int_equal (sys_lock_at (place->fd, "lock", cancelled, &error), -1);
  assert_string_equal (error->message, "\"lock\" is held by another process");
}

static void
a_free_lock_is_had_also_by_who_would_not_wait (void **state)
{
  const Place *place = *state;
  g_autoptr (GCancellable) cancelled = new_cancelled ();
  int fd = sys_lock_at (place->fd, "lock", cancelled, NULL);

  assert_true (fd >= 0);
  close (fd);
}

static void
wait_until_the_holder_ends (Place *place, GCancellable *cancellable, int signal)
{
  Waiter waiter = { .place = place, .cancellable = cancellable, .fd = -1 };
  g_autofree char *path = g_build_filename (place->dir, "lock", NULL);
  g_autofree char *pid = g_strdup_printf ("%d\n", (int) getpid ());
  GThread *thread;

  start_holder (place);
  thread = g_thread_new ("waiter", wait_for_lock, &waiter);
  expect_one_waiting (place);
  if (signal != 0)
    kill (place->holder, signal);
  end_holder (place);
  g_thread_join (thread);
  assert_null (waiter.error);
  assert_true (waiter.fd >= 0);
  assert_true (file_has (path, pid));
  close (waiter.fd);
}

static void
who_waits_has_the_lock_when_its_holder_ends (void **state)
{
  wait_until_the_holder_ends (*state, NULL, 0);
}

static void
who_waits_and_could_be_cancelled_has_the_lock_when_its_holder_ends (void **state)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  wait_until_the_holder_ends (*state, cancellable, 0);
}

static void
a_killed_holder_leaves_the_lock_to_who_waits (void **state)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  wait_until_the_holder_ends (*state, cancellable, SIGKILL);
}

static void
a_cancelled_wait_ends_names_the_holder_and_leaves_no_thread (void **state)
{
  Place *place = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Waiter waiter = { .place = place, .cancellable = cancellable, .fd = -1 };
  g_autofree char *said = NULL;
  GThread *thread;
  int fd;

  start_holder (place);
  said = g_strdup_printf ("\"lock\" is held by process %d", (int) place->holder);
  thread = g_thread_new ("waiter", wait_for_lock, &waiter);
  expect_one_waiting (place);
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);
  assert_int_equal (waiter.fd, -1);
  assert_string_equal (waiter.error->message, said);
  g_error_free (waiter.error);
  assert_int_equal (count_waiting (place), 0);
  expect_threads_of_before (place);

  end_holder (place);
  fd = sys_lock_at (place->fd, "lock", NULL, NULL);
  assert_true (fd >= 0);
  close (fd);
}

static void
two_threads_of_one_process_exclude_each_other (void **state)
{
  Place *place = *state;
  g_autoptr (GCancellable) cancelled = new_cancelled ();
  g_autoptr (GError) error = NULL;
  int fd = sys_lock_at (place->fd, "lock", NULL, NULL);

  assert_true (fd >= 0);
  assert_int_equal (sys_lock_at (place->fd, "lock", cancelled, &error), -1);
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
  close (fd);
}

static gpointer
cancel_it (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

/* Whichever comes first: the lock is had, or it is free for the next one. */
static void
a_lock_that_is_let_go_while_the_wait_is_cancelled_is_never_lost (void **state)
{
  Place *place = *state;

  for (unsigned round = 0; round < ROUNDS; round++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GCancellable) cancelled = new_cancelled ();
      Waiter waiter = { .place = place, .cancellable = cancellable, .fd = -1 };
      int fd = sys_lock_at (place->fd, "lock", NULL, NULL);
      GThread *waits, *cancels;

      assert_true (fd >= 0);
      waits = g_thread_new ("waiter", wait_for_lock, &waiter);
      if (round % 2 == 0)
        expect_one_waiting (place);
      cancels = g_thread_new ("cancel", cancel_it, cancellable);
      close (fd);
      g_thread_join (cancels);
      g_thread_join (waits);
      assert_int_equal (waiter.fd >= 0, waiter.error == NULL);
      kvol_clear_fd (&waiter.fd);
      g_clear_error (&waiter.error);
      fd = sys_lock_at (place->fd, "lock", cancelled, NULL);
      assert_true (fd >= 0);
      close (fd);
    }
}

static void
a_link_in_the_place_of_the_lock_is_not_followed (void **state)
{
  const Place *place = *state;
  g_autoptr (GError) error = NULL;

  assert_int_equal (symlinkat ("elsewhere", place->fd, "lock"), 0);
  assert_int_equal (sys_lock_at (place->fd, "lock", NULL, &error), -1);
  assert_int_equal (error->code, KVOL_ERROR_FORBIDDEN);
  assert_int_equal (faccessat (place->fd, "elsewhere", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown (test, enter_place, leave_place)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_PLACE (a_lock_names_its_holder_and_is_nobody_elses_to_read),
    IN_PLACE (a_longer_pid_of_before_leaves_no_trace),
    IN_PLACE (a_lock_that_is_held_is_busy_and_its_holder_is_named),
    IN_PLACE (a_holder_that_wrote_nothing_is_another_process),
    IN_PLACE (a_free_lock_is_had_also_by_who_would_not_wait),
    IN_PLACE (who_waits_has_the_lock_when_its_holder_ends),
    IN_PLACE (who_waits_and_could_be_cancelled_has_the_lock_when_its_holder_ends),
    IN_PLACE (a_killed_holder_leaves_the_lock_to_who_waits),
    IN_PLACE (a_cancelled_wait_ends_names_the_holder_and_leaves_no_thread),
    IN_PLACE (two_threads_of_one_process_exclude_each_other),
    IN_PLACE (a_lock_that_is_let_go_while_the_wait_is_cancelled_is_never_lost),
    IN_PLACE (a_link_in_the_place_of_the_lock_is_not_followed),
  };

  alarm (ALARM_SECONDS);
  return cmocka_run_group_tests_name ("sys/lock", tests, NULL, NULL);
}

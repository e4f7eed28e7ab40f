/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is run ends, whatever it does, and says why when it fails. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <kvol/kvol-error.h>

#include "support/scratch.h"
#include "sys/program.h"

/* What should end at once is given this long before it is missed. */
#define PATIENCE_USEC (20 * G_TIME_SPAN_SECOND)
#define SHORT_USEC (300 * G_TIME_SPAN_MILLISECOND)

static int
set_up (void **state)
{
  g_autoptr (GCancellable) warm = g_cancellable_new ();

  g_cancellable_get_fd (warm);
  g_cancellable_release_fd (warm);
  *state = GUINT_TO_POINTER (scratch_count_names ("/proc/self/fd"));
  return 0;
}

static int
tear_down (void **state)
{
  assert_int_equal (scratch_count_names ("/proc/self/fd"), GPOINTER_TO_UINT (*state));
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
  assert_int_equal (errno, ECHILD);
  return 0;
}

/* Whether the process ends before anybody loses patience. */
static gboolean
ends_soon (pid_t pid)
{
  int pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd polled = { .fd = pidfd, .events = POLLIN };
  gboolean ended = pidfd < 0 || poll (&polled, 1, PATIENCE_USEC / 1000) == 1;

  if (pidfd >= 0)
    close (pidfd);
  return ended;
}

static gboolean
run_shell (const char *script, const char *argument, gint64 deadline_usec, GCancellable *cancellable, GError **error)
{
  const char *const argv[] = { "/bin/sh", "-c", script, argument, NULL };

  return sys_run_program (argv, SYS_RUN_APART, deadline_usec, cancellable, error);
}

/* ---- how a program ends ---- */

typedef struct
{
  const char *name;
  const char *script;
  int code; /* -1: it succeeds */
  const char *message;
} Row;

#define LINE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const Row rows[] = {
  { "status 0 is success", "echo fine", -1, NULL },
  { "a status is FINAL and comes with the words", "echo no such device; echo really >&2; exit 3", KVOL_ERROR_FINAL,
    "\"/bin/sh\" exited with status 3: no such device really" },
  { "silence is said too", "exit 1", KVOL_ERROR_FINAL, "\"/bin/sh\" exited with status 1 and said nothing" },
  { "a signal is UNCERTAIN", "echo working; kill -9 $$", KVOL_ERROR_UNCERTAIN,
    "\"/bin/sh\" was killed by signal 9 (Killed): working" },
  { "control characters become blanks", "printf 'a\\033[1mb\\nc\\377d'; exit 1", KVOL_ERROR_FINAL,
    "\"/bin/sh\" exited with status 1: a [1mb c\357\277\275d" },
  { "the environment is clean",
    "test \"$LC_ALL $PATH ${KVOL_CANARY-none} ${HOME-none}\" = "
    "'C /usr/sbin:/usr/bin:/sbin:/bin none none' || { export; exit 1; }",
    -1, NULL },
  { "there is nothing to read", "test \"$(readlink /proc/self/fd/0)\" = /dev/null && ! read line", -1, NULL },
  { "nothing else is open", "for fd in 3 4 5 6 7 8 9 10 11 12; do test ! -e /proc/self/fd/$fd || exit 1; done", -1,
    NULL },
  { "no signal is blocked or ignored",
    "grep -q '^SigBlk:.*0000000000000000$' /proc/self/status && "
    "grep -q '^SigIgn:.*0000000$' /proc/self/status || exit 1",
    -1, NULL },
  { "a server that is left behind is not waited for", "sleep 1000 & echo $! >\"$0\"", -1, NULL },
  { "more output than a pipe holds is read", "i=0; while [ $i -lt 4000 ]; do echo " LINE "; i=$((i+1)); done", -1,
    NULL },
};

static void
a_program_ends_so (void **state)
{
  const Row *row = *state;
  g_autofree char *file = g_build_filename (g_get_tmp_dir (), "kvol-program-XXXXXX", NULL);
  int fd = g_mkstemp (file);
  /* One that somebody forgot to mark. */
  int inherited = open ("/dev/null", O_RDONLY);
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  g_setenv ("KVOL_CANARY", "canary", TRUE);
  signal (SIGUSR2, SIG_IGN);
  ok = run_shell (row->script, file, PATIENCE_USEC, NULL, &error);
  signal (SIGUSR2, SIG_DFL);
  close (fd);
  close (inherited);
  if (g_file_get_contents (file, &pid, NULL, NULL) && atoi (pid) > 0)
    kill (atoi (pid), SIGKILL);
  g_unlink (file);

  if (row->code < 0 && !ok)
    fail_msg ("%s", error->message);
  if (row->code >= 0)
    {
      assert_false (ok);
      assert_string_equal (error->message, row->message);
      assert_true (g_error_matches (error, KVOL_ERROR, row->code));
    }
}

static void
the_first_four_kilobytes_of_the_output_are_kept (void **state)
{
  g_autoptr (GError) error = NULL;

  assert_false (run_shell ("i=0; while [ $i -lt 4000 ]; do echo " LINE "; i=$((i+1)); done; echo end; exit 1", NULL,
                           PATIENCE_USEC, NULL, &error));
  assert_true (g_str_has_prefix (error->message, "\"/bin/sh\" exited with status 1: " LINE " " LINE));
  assert_int_equal (strlen (error->message), strlen ("\"/bin/sh\" exited with status 1: ") + 4096);
}

static void
a_program_that_is_missing_is_not_supported (void **state)
{
  const char *const argv[] = { "/nonexistent/mkfs", NULL };
  g_autoptr (GError) error = NULL;

  assert_false (sys_run_program (argv, SYS_RUN_IN_GROUP, PATIENCE_USEC, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_string_equal (error->message, "cannot start \"/nonexistent/mkfs\": No such file or directory");
}

/* TRUE when the script had come as far as to wait. */
static gboolean
is_killed_as_it_waits (const char *file, gint64 usec)
{
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  assert_false (
      run_shell ("trap '' TERM INT; sleep 1000 & echo $! >\"$0\"; echo waiting; wait", file, usec, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN));
  assert_true (g_get_monotonic_time () - start >= usec);
  assert_true (g_get_monotonic_time () - start < usec + PATIENCE_USEC);
  if (g_str_equal (error->message, "\"/bin/sh\" did not end in time and was killed and said nothing"))
    return FALSE;
  assert_string_equal (error->message, "\"/bin/sh\" did not end in time and was killed: waiting");
  return TRUE;
}

/* With what it has started: the shell's child would go on for long. A slow machine needs a later deadline. */
static void
a_program_is_killed_at_the_deadline (void **state)
{
  g_autofree char *file = g_build_filename (g_get_tmp_dir (), "kvol-program-XXXXXX", NULL);
  g_autofree char *pid = NULL;
  gint64 usec = SHORT_USEC;

  close (g_mkstemp (file));
  while (!is_killed_as_it_waits (file, usec))
    {
      assert_true (usec < PATIENCE_USEC);
      usec *= 2;
    }
  assert_true (g_file_get_contents (file, &pid, NULL, NULL));
  g_unlink (file);
  assert_true (ends_soon (atoi (pid)));
}

static gpointer
cancel_soon (gpointer cancellable)
{
  g_usleep (50000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
cancelling_ends_the_program (void **state)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("canceller", cancel_soon, cancellable);

  assert_false (run_shell ("exec sleep 1000", NULL, PATIENCE_USEC, cancellable, &error));
  g_thread_join (thread);
  assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

int
main (void)
{
  const struct CMUnitTest others[] = {
    cmocka_unit_test_setup_teardown (the_first_four_kilobytes_of_the_output_are_kept, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_program_that_is_missing_is_not_supported, set_up, tear_down),
    cmocka_unit_test_setup_teardown (a_program_is_killed_at_the_deadline, set_up, tear_down),
    cmocka_unit_test_setup_teardown (cancelling_ends_the_program, set_up, tear_down),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + G_N_ELEMENTS (others)];

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = (struct CMUnitTest){
      .name = rows[i].name,
      .test_func = a_program_ends_so,
      .initial_state = (void *) &rows[i],
    };
  memcpy (tests + G_N_ELEMENTS (rows), others, sizeof others);
  return cmocka_run_group_tests_name ("programs", tests, NULL, NULL);
}

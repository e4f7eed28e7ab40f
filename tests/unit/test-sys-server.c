/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that stay when this process is gone. */
#include "sys/server.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-error.h>

/* Runs a line of shell with two pipes, waits for its end, and answers what came through each. */
static void
run (const char *line, char **ret_three, char **ret_four)
{
  const char *const argv[] = { "/bin/sh", "-c", line, NULL };
  g_autoptr (GError) error = NULL;
  char buffer[2][256] = { { 0 } };
  int first[2], second[2], pidfd;
  struct pollfd wait;

  assert_int_equal (pipe2 (first, O_CLOEXEC) + pipe2 (second, O_CLOEXEC), 0);

  const int fds[] = { first[1], second[1] };

  pidfd = sys_server_spawn (argv, fds, G_N_ELEMENTS (fds), &error);
  assert_true (pidfd >= 0);
  close (first[1]);
  close (second[1]);
  wait = (struct pollfd){ .fd = pidfd, .events = POLLIN };
  assert_int_equal (poll (&wait, 1, 10000), 1);
  assert_true (read (first[0], buffer[0], sizeof buffer[0] - 1) >= 0);
  assert_true (read (second[0], buffer[1], sizeof buffer[1] - 1) >= 0);
  close (first[0]);
  close (second[0]);
  close (pidfd);
  *ret_three = g_strdup (g_strchomp (buffer[0]));
  *ret_four = g_strdup (g_strchomp (buffer[1]));
}

static void
it_has_the_descriptors_in_their_order_and_no_others (void **state)
{
  g_autofree char *three = NULL;
  g_autofree char *four = NULL;

  run ("echo three >&3; for fd in 5 6 7 8 9; do test -e /proc/$$/fd/$fd && echo has $fd >&4; done; echo four >&4",
       &three, &four);
  assert_string_equal (three, "three");
  assert_string_equal (four, "four");
}

static void
it_leads_a_session_of_its_own (void **state)
{
  g_autofree char *pid = NULL;
  g_autofree char *session = NULL;

  run ("echo $$ >&3; set -- $(cat /proc/$$/stat); echo $6 >&4", &pid, &session);
  assert_string_equal (pid, session);
}

static void
it_has_a_clean_environment (void **state)
{
  g_autofree char *home = NULL;
  g_autofree char *path = NULL;

  run ("echo \"<$HOME>\" >&3; echo $PATH >&4", &home, &path);
  assert_string_equal (home, "<>");
  assert_string_equal (path, "/usr/sbin:/usr/bin:/sbin:/bin");
}

static void
a_missing_program_is_not_supported (void **state)
{
  const char *const argv[] = { "/nonexistent/server", NULL };
  g_autoptr (GError) error = NULL;

  assert_int_equal (sys_server_spawn (argv, NULL, 0, &error), -1);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_string_equal (error->message, "cannot start \"/nonexistent/server\": No such file or directory");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (it_has_the_descriptors_in_their_order_and_no_others),
    cmocka_unit_test (it_leads_a_session_of_its_own),
    cmocka_unit_test (it_has_a_clean_environment),
    cmocka_unit_test (a_missing_program_is_not_supported),
  };

  return cmocka_run_group_tests_name ("servers", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may have the record of a volume's locks. */
#include "lock-record.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <kvol/kvol-abi.h>

static int
make_file (void)
{
  const int fd = memfd_create ("record", MFD_CLOEXEC);

  assert_true (fd >= 0);
  return fd;
}

static int
open_again (int fd, int flags)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  const int again = open (path, flags | O_CLOEXEC);

  assert_true (again >= 0);
  return again;
}

static void
assert_refused (int fd, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  assert_null (lock_record_open (fd, "node", &error));
  if (!g_error_matches (error, KVOL_ERROR, code) || strstr (error->message, part) == NULL)
    fail_msg ("%s %d: %s", g_quark_to_string (error->domain), error->code, error->message);
}

static void
a_record_that_somebody_has_is_busy (void **state)
{
  const int fd = make_file ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LockRecord) record = lock_record_open (fd, "node", &error);

  assert_non_null (record);
  assert_refused (open_again (fd, O_RDWR), KVOL_ERROR_BUSY, "another process");
}

/* Nobody has it. */
static void
a_record_that_cannot_be_locked_is_not_busy (void **state)
{
  KVOL_AUTO_FD fd = make_file ();

  assert_refused (open_again (fd, O_PATH), KVOL_ERROR_TRANSIENT, g_strerror (EBADF));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_record_that_somebody_has_is_busy),
    cmocka_unit_test (a_record_that_cannot_be_locked_is_not_busy),
  };

  return cmocka_run_group_tests_name ("lock record", tests, NULL, NULL);
}

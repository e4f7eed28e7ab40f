/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the caller does next follows from the code that errno becomes. */

#include "sys/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gio/gio.h>
#include <kvol/kvol-error.h>

typedef struct
{
  const char *name;
  int number;
  int code;
} ErrnoRow;

static const ErrnoRow errno_rows[] = {
  { "what is not there (ENOENT) is absent", ENOENT, KVOL_ERROR_ABSENT },
  { "a file where a directory should be (ENOTDIR) is not absent", ENOTDIR, KVOL_ERROR_FINAL },
  { "an existing name (EEXIST) is final", EEXIST, KVOL_ERROR_FINAL },
  { "a full disk (ENOSPC) is final", ENOSPC, KVOL_ERROR_FINAL },
  { "a wrong argument (EINVAL) is final", EINVAL, KVOL_ERROR_FINAL },
  { "a busy mount (EBUSY) is busy", EBUSY, KVOL_ERROR_BUSY },
  { "a directory with something in it (ENOTEMPTY) is busy", ENOTEMPTY, KVOL_ERROR_BUSY },
  { "a running program (ETXTBSY) is busy", ETXTBSY, KVOL_ERROR_BUSY },
  { "no memory (ENOMEM) is transient", ENOMEM, KVOL_ERROR_TRANSIENT },
  { "no descriptor (EMFILE) is transient", EMFILE, KVOL_ERROR_TRANSIENT },
  { "no descriptor on the machine (ENFILE) is transient", ENFILE, KVOL_ERROR_TRANSIENT },
  { "an interruption (EINTR) is transient", EINTR, KVOL_ERROR_TRANSIENT },
  { "a moving target (EAGAIN) is transient", EAGAIN, KVOL_ERROR_TRANSIENT },
  { "a server that does not answer (ETIMEDOUT) is transient", ETIMEDOUT, KVOL_ERROR_TRANSIENT },
  { "a server that has restarted (ESTALE) is transient", ESTALE, KVOL_ERROR_TRANSIENT },
  { "a FUSE daemon that died (ENOTCONN) is transient", ENOTCONN, KVOL_ERROR_TRANSIENT },
  { "no route (EHOSTUNREACH) is transient", EHOSTUNREACH, KVOL_ERROR_TRANSIENT },
  { "a device that fails (EIO) is uncertain", EIO, KVOL_ERROR_UNCERTAIN },
  { "a failure without errno is uncertain", 0, KVOL_ERROR_UNCERTAIN },
  { "no permission (EACCES) is forbidden", EACCES, KVOL_ERROR_FORBIDDEN },
  { "no privilege (EPERM) is forbidden", EPERM, KVOL_ERROR_FORBIDDEN },
  { "a read-only file system (EROFS) is forbidden", EROFS, KVOL_ERROR_FORBIDDEN },
  { "a way out of the directory (EXDEV) is forbidden", EXDEV, KVOL_ERROR_FORBIDDEN },
  { "a link where none may be (ELOOP) is forbidden", ELOOP, KVOL_ERROR_FORBIDDEN },
  { "a system call that is missing (ENOSYS) is not supported", ENOSYS, KVOL_ERROR_NOT_SUPPORTED },
  { "an operation that is missing (EOPNOTSUPP) is not supported", EOPNOTSUPP, KVOL_ERROR_NOT_SUPPORTED },
  { "an unknown file system (ENODEV) is not supported", ENODEV, KVOL_ERROR_NOT_SUPPORTED },
  { "a version of a protocol (EPROTONOSUPPORT) is not supported", EPROTONOSUPPORT, KVOL_ERROR_NOT_SUPPORTED },
  { "a name that is too long (ENAMETOOLONG) is an invalid spec", ENAMETOOLONG, KVOL_ERROR_INVALID_SPEC },
  { "an unheard-of errno is final", 4000, KVOL_ERROR_FINAL },
};

static void
check_errno_row (void **state)
{
  const ErrnoRow *row = *state;
  g_autoptr (GError) error = NULL;

  errno = row->number;
  assert_false (sys_throw (&error, "do it"));
  assert_int_equal (errno, row->number);
  assert_int_equal (error->domain, KVOL_ERROR);
  assert_int_equal (error->code, row->code);
  assert_true (g_str_has_prefix (error->message, "do it: "));
}

static void
the_message_names_the_act_the_object_and_the_reason (void **state)
{
  g_autoptr (GError) error = NULL;

  errno = EEXIST;
  sys_throw (&error, "create directory \"%s\"", "x");
  assert_string_equal (error->message, "create directory \"x\": File exists");
}

static void
a_failure_without_errno_does_not_claim_success (void **state)
{
  g_autoptr (GError) error = NULL;

  errno = 0;
  sys_throw (&error, "do it");
  assert_null (strstr (error->message, g_strerror (0)));
}

static void
the_descriptor_form_answers_minus_one_and_keeps_errno (void **state)
{
  g_autoptr (GError) error = NULL;

  errno = EBUSY;
  assert_int_equal (sys_throw_fd (&error, "open %d", 7), -1);
  assert_int_equal (errno, EBUSY);
  assert_int_equal (error->code, KVOL_ERROR_BUSY);
  assert_string_equal (error->message, "open 7: Device or resource busy");
}

static void
without_an_error_to_set_errno_is_still_kept (void **state)
{
  errno = ESTALE;
  assert_false (sys_throw (NULL, "do it"));
  assert_int_equal (errno, ESTALE);
  assert_int_equal (sys_throw_fd (NULL, "do it"), -1);
  assert_int_equal (errno, ESTALE);
}

static void
a_name_of_any_bytes_makes_a_valid_message (void **state)
{
  g_autoptr (GError) error = NULL;

  errno = ENOENT;
  sys_throw (&error, "open \"%s\"", "a\xff\xfe\xc3z");
  assert_true (g_utf8_validate (error->message, -1, NULL));
  assert_non_null (strstr (error->message, "z\": No such file"));
}

typedef struct
{
  const char *name;
  int code;
  gboolean is_retryable;
} CodeRow;

static const CodeRow code_rows[] = {
  { "final is worth another try", KVOL_ERROR_FINAL, TRUE },
  { "transient is worth another try", KVOL_ERROR_TRANSIENT, TRUE },
  { "uncertain is worth another try", KVOL_ERROR_UNCERTAIN, TRUE },
  { "absent is worth another try", KVOL_ERROR_ABSENT, TRUE },
  { "busy is worth another try", KVOL_ERROR_BUSY, TRUE },
  { "an unknown code is worth another try", 999, TRUE },
  { "an invalid spec is not worth another try", KVOL_ERROR_INVALID_SPEC, FALSE },
  { "not supported is not worth another try", KVOL_ERROR_NOT_SUPPORTED, FALSE },
  { "forbidden is not worth another try", KVOL_ERROR_FORBIDDEN, FALSE },
  { "a wrong ABI is not worth another try", KVOL_ERROR_ABI, FALSE },
};

static void
check_code_row (void **state)
{
  const CodeRow *row = *state;
  g_autoptr (GError) error = g_error_new_literal (KVOL_ERROR, row->code, "it failed");

  assert_int_equal (sys_error_is_retryable (error), row->is_retryable);
}

static void
a_cancelled_call_is_not_worth_another_try (void **state)
{
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "stop");
  g_autoptr (GError) other = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "failed");

  assert_false (sys_error_is_retryable (cancelled));
  assert_true (sys_error_is_retryable (other));
}

static void
add (GArray *tests, const char *name, CMUnitTestFunction function, const void *row)
{
  const struct CMUnitTest test = { .name = name, .test_func = function, .initial_state = (void *) row };

  g_array_append_val (tests, test);
}

int
main (void)
{
  const struct CMUnitTest single[] = {
    cmocka_unit_test (the_message_names_the_act_the_object_and_the_reason),
    cmocka_unit_test (a_failure_without_errno_does_not_claim_success),
    cmocka_unit_test (the_descriptor_form_answers_minus_one_and_keeps_errno),
    cmocka_unit_test (without_an_error_to_set_errno_is_still_kept),
    cmocka_unit_test (a_name_of_any_bytes_makes_a_valid_message),
    cmocka_unit_test (a_cancelled_call_is_not_worth_another_try),
  };
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  g_array_append_vals (tests, single, G_N_ELEMENTS (single));
  for (gsize i = 0; i < G_N_ELEMENTS (errno_rows); i++)
    add (tests, errno_rows[i].name, check_errno_row, &errno_rows[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (code_rows); i++)
    add (tests, code_rows[i].name, check_code_row, &code_rows[i]);
  return _cmocka_run_group_tests ("sys/error", (const struct CMUnitTest *) tests->data, tests->len, NULL, NULL);
}

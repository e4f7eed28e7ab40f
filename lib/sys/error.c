/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/error.h"

#include <errno.h>
#include <gio/gio.h>
#include <kvol/kvol-error.h>

typedef struct
{
  int number;
  KvolError code;
} ErrnoCode;

/* What is not named here is FINAL: a single system call that failed did nothing. */
static const ErrnoCode errno_codes[] = {
  /* Errno was not set: somebody reports a failure without knowing one. */
  { 0, KVOL_ERROR_UNCERTAIN },
  { EIO, KVOL_ERROR_UNCERTAIN },

  { EAGAIN, KVOL_ERROR_TRANSIENT },
  { EINTR, KVOL_ERROR_TRANSIENT },
  { ENOMEM, KVOL_ERROR_TRANSIENT },
  { ENFILE, KVOL_ERROR_TRANSIENT },
  { EMFILE, KVOL_ERROR_TRANSIENT },
  { ENOBUFS, KVOL_ERROR_TRANSIENT },
  { ENOLCK, KVOL_ERROR_TRANSIENT },
  /* Storage behind a network that does not answer, or has restarted. */
  { ETIMEDOUT, KVOL_ERROR_TRANSIENT },
  { ESTALE, KVOL_ERROR_TRANSIENT },
  { ENOTCONN, KVOL_ERROR_TRANSIENT },
  { ECONNREFUSED, KVOL_ERROR_TRANSIENT },
  { ECONNRESET, KVOL_ERROR_TRANSIENT },
  { ECONNABORTED, KVOL_ERROR_TRANSIENT },
  { EPIPE, KVOL_ERROR_TRANSIENT },
  { ENETDOWN, KVOL_ERROR_TRANSIENT },
  { ENETUNREACH, KVOL_ERROR_TRANSIENT },
  { ENETRESET, KVOL_ERROR_TRANSIENT },
  { EHOSTDOWN, KVOL_ERROR_TRANSIENT },
  { EHOSTUNREACH, KVOL_ERROR_TRANSIENT },

  { EBUSY, KVOL_ERROR_BUSY },
  { ETXTBSY, KVOL_ERROR_BUSY },
  { ENOTEMPTY, KVOL_ERROR_BUSY },

  { ENOENT, KVOL_ERROR_ABSENT },

  { EPERM, KVOL_ERROR_FORBIDDEN },
  { EACCES, KVOL_ERROR_FORBIDDEN },
  { EROFS, KVOL_ERROR_FORBIDDEN },
  /* The kernel's answers to a path that leads out of its directory, or over a link where none may be. */
  { EXDEV, KVOL_ERROR_FORBIDDEN },
  { ELOOP, KVOL_ERROR_FORBIDDEN },

  { ENOSYS, KVOL_ERROR_NOT_SUPPORTED },
  { EOPNOTSUPP, KVOL_ERROR_NOT_SUPPORTED },
  { ENODEV, KVOL_ERROR_NOT_SUPPORTED },
  { EPROTONOSUPPORT, KVOL_ERROR_NOT_SUPPORTED },

  { ENAMETOOLONG, KVOL_ERROR_INVALID_SPEC },
};

static KvolError
code_of (int number)
{
  for (gsize i = 0; i < G_N_ELEMENTS (errno_codes); i++)
    if (errno_codes[i].number == number)
      return errno_codes[i].code;
  return KVOL_ERROR_FINAL;
}

static void set_from_errno (GError **error, int number, const char *format, va_list args) G_GNUC_PRINTF (3, 0);

static void
set_from_errno (GError **error, int number, const char *format, va_list args)
{
  g_autofree char *act = NULL;
  g_autofree char *valid = NULL;

  if (error == NULL)
    return;
  act = g_strdup_vprintf (format, args);
  /* A file name is any bytes, a message is text. */
  valid = g_utf8_make_valid (act, -1);
  g_set_error (error, KVOL_ERROR, code_of (number), "%s: %s", valid,
               number != 0 ? g_strerror (number) : "failed for no given reason");
}

gboolean
sys_throw (GError **error, const char *format, ...)
{
  int number = errno;
  va_list args;

  va_start (args, format);
  set_from_errno (error, number, format, args);
  va_end (args);
  errno = number;
  return FALSE;
}

int
sys_throw_fd (GError **error, const char *format, ...)
{
  int number = errno;
  va_list args;

  va_start (args, format);
  set_from_errno (error, number, format, args);
  va_end (args);
  errno = number;
  return -1;
}

gboolean
sys_error_is_retryable (const GError *error)
{
  if (error->domain != KVOL_ERROR)
    return !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  switch ((KvolError) error->code)
    {
    case KVOL_ERROR_INVALID_SPEC:
    case KVOL_ERROR_NOT_SUPPORTED:
    case KVOL_ERROR_FORBIDDEN:
    case KVOL_ERROR_ABI:
      return FALSE;
    case KVOL_ERROR_FINAL:
    case KVOL_ERROR_TRANSIENT:
    case KVOL_ERROR_UNCERTAIN:
    case KVOL_ERROR_ABSENT:
    case KVOL_ERROR_BUSY:
    default: /* A code of a newer plugin reads as UNCERTAIN. */
      return TRUE;
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Turns errno into an error of KVOL_ERROR, naming the act and its object: "create directory x: File exists".
 * The code follows from errno: what waiting may mend is BUSY or TRANSIENT, what is not there is ABSENT, what we
 * may not do is FORBIDDEN (leaving the directory that a path must stay in, too), what the kernel lacks is
 * NOT_SUPPORTED, a name that cannot be is INVALID_SPEC, a broken device (and no errno at all) is UNCERTAIN, all else
 * is FINAL. errno is kept. The name may be any bytes, the message is valid UTF-8. */
gboolean sys_throw    (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The same for functions that answer a descriptor: -1. */
int      sys_throw_fd (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Whether @error is worth another try without anybody's help: TRANSIENT, BUSY, UNCERTAIN, ABSENT, FINAL. */
gboolean sys_error_is_retryable (const GError *error);

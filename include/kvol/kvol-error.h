/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "kvol-macros.h"

G_BEGIN_DECLS

/**
 * KvolError:
 * @KVOL_ERROR_FINAL: it did not happen and nothing is left; the same call may be made again
 * @KVOL_ERROR_TRANSIENT: nothing was learnt (no answer, no connection); the state stays as it was
 * @KVOL_ERROR_UNCERTAIN: it may have half-happened; tear down before giving up
 * @KVOL_ERROR_INVALID_SPEC: the request can never work; its author must change it
 * @KVOL_ERROR_NOT_SUPPORTED: this plugin, host or kernel cannot do it
 * @KVOL_ERROR_ABSENT: the object or source named is not there (the only one that `optional` swallows)
 * @KVOL_ERROR_FORBIDDEN: it is there, and we may not
 * @KVOL_ERROR_BUSY: in use; again once its user has gone
 * @KVOL_ERROR_ABI: the plugin and the host do not speak the same ABI
 *
 * Codes say what the caller does next; the message says what happened. An unknown code reads as
 * %KVOL_ERROR_UNCERTAIN. A cancelled call is %G_IO_ERROR_CANCELLED.
 */
typedef enum {
  KVOL_ERROR_FINAL,
  KVOL_ERROR_TRANSIENT,
  KVOL_ERROR_UNCERTAIN,
  KVOL_ERROR_INVALID_SPEC,
  KVOL_ERROR_NOT_SUPPORTED,
  KVOL_ERROR_ABSENT,
  KVOL_ERROR_FORBIDDEN,
  KVOL_ERROR_BUSY,
  KVOL_ERROR_ABI,
} KvolError;

/**
 * KVOL_ERROR:
 *
 * The error domain. It is looked up by name, so that a plugin shares it without linking libkvol.
 */
#define KVOL_ERROR (g_quark_from_string ("kvol-error-quark"))

/**
 * kvol_error_quark:
 *
 * The domain of #KvolError, for bindings. Any thread.
 *
 * Returns: the same quark as %KVOL_ERROR
 */
KVOL_API GQuark kvol_error_quark (void);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "kvol-macros.h"

G_BEGIN_DECLS

/**
 * kvol_environment_expand:
 * @environment: (array zero-terminated=1): a container's environment, `NAME=value` each, as
 *   kvol_manager_dup_environment() answers it
 * @text: one word of the container's `command` or `args`
 * @error: return location for a #GError
 *
 * Replaces each `$(NAME)` by the variable's value, and `$$` by `$` (upstream
 * `third_party/forked/golang/expansion`). A reference to a variable that is not there stays as it is. Any thread.
 *
 * Returns: (transfer full): the word, or %NULL with %KVOL_ERROR_INVALID_SPEC when it becomes longer than the
 *   kernel hands to a program (128 KiB)
 */
KVOL_API char *kvol_environment_expand (const char *const *environment, const char *text, GError **error);

G_END_DECLS

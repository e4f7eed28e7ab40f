/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random operations, each done twice: in a directory of this machine and in the one that is tested. Both must answer
 * the same, and look the same afterwards. */
#pragma once

#include <glib.h>

/* Does operations for @usec, and at least @n_least; both directories are empty at first. Answers what the first
 * difference is, or NULL. The same @seed makes the same operations. */
char *model_compare (const char *mirror, const char *volume, guint32 seed, gint64 usec, guint n_least,
                     guint *ret_n_done);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on disk, in words that are the same for the same result. */
#pragma once

#include <glib.h>

/* A line for everything below @dir: path, type, mode, owner, content or target, and the kind of mount that is on it.
 * Names of versions, which hold the time, are told as "..VERSION". */
char *listing_new (const char *dir);

/* NULL when both are the same, else the lines that only one has. */
char *listing_dup_difference (const char *a_name, const char *a, const char *b_name, const char *b);

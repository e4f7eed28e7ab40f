/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a directory, as text that two of them can be compared by. */
#pragma once

#include <glib.h>

/* A line for each entry below @dir, in order: type, mode, owner, links, size, and the sum of its content or where it
 * leads. Names that an NFS client makes up for open files (".nfs...") are left out, and so are the sizes of
 * directories, in which they count. */
char *tree_describe (int dir, GError **error);

/* The same for one entry; a directory's own. "absent" when there is none. */
char *tree_describe_entry (int dir, const char *path);

/* The first line in which they differ, of both; NULL when they do not. */
char *tree_dup_difference (const char *mirror, const char *volume);

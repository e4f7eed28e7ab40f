/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which huge pages a medium means. */
#pragma once

#include <kvol/kvol-abi.h>

/* "HugePages" or "HugePages-<size>". */
gboolean empty_dir_medium_is_huge (const char *medium);

/* The page size for @medium, given the sizes that the pod's resources name: @requested, at or NULL. */
gboolean empty_dir_find_page_size (const char *medium, GVariant *requested, guint64 *ret_bytes, GError **error);

/* As Kubernetes writes a quantity and hugetlbfs reads one: "2Mi". */
char *empty_dir_dup_page_size (guint64 bytes);

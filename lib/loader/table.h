/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of one .so: constants, to be read before any code of a plugin runs. */
#pragma once

#include <kvol/kvol-abi.h>

/* The tables that @file exports, NULL-terminated, at least one. @file stays loaded for the rest of the process's
 * life: it may have registered types or started threads that cannot be taken back. FINAL or ABI, naming the file. */
const KvolPluginDesc *const *loader_table_open (const char *file, GError **error);

/* Copies as much of @table as this host's header knows; what the plugin lacks is NULL. ABI when this host cannot
 * serve the plugin; the error names it, as far as it can be named. */
gboolean loader_table_copy (const KvolPluginDesc *table, KvolPluginDesc *ret_desc, GError **error);

/* The name of @table; NULL when it is too short to have one. */
const char *loader_table_get_name (const KvolPluginDesc *table);

/* SPDX-License-Identifier: MIT */
/* How kvol_manager_get_status() is shown. @status is `aa{sv}` throughout. */
#pragma once

#include <gio/gio.h>

extern const char *const status_formats[];  /* table, tree, json */

/* On stdout, as @format says; @brief leaves out what is of no use just after a set-up. */
gboolean status_print (GVariant *status, const char *format, gboolean brief, GError **error);

/* The pods of @status whose UIDs are in @uids. */
GVariant *status_pick (GVariant *status, GHashTable *uids);

void     status_print_json (GVariant *status);
gboolean status_print_table (GVariant *status, gboolean brief, GError **error);
gboolean status_print_tree (GVariant *status, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML as a GVariant, in the types that volume options have. */
#pragma once

#include <gio/gio.h>

/* A mapping is a{sv}; a list as, ax or aa{sv}; a plain true or false b, a plain integer (0400 is octal) x, null
 * nothing at all, and all else s. The answer is a mapping, (transfer full). For files that their user wrote himself:
 * it knows no limits. */
GVariant *yaml_parse (const char *text, GError **error);

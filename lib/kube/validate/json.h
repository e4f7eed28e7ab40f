/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a text is JSON (RFC 8259), without reading what it says. */
#pragma once

#include <glib.h>

/* Whether @bytes are an object or null, which is what a map can be read from. FALSE: why not, in *@ret_why, in words
 * that tell nothing of what the text is. */
gboolean kube_json_is_map (const char *bytes, gsize length, const char **ret_why);

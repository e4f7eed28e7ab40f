/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A GHashFunc for strings that come from a manifest, in place of g_str_hash(): nobody can prepare names that all fall
 * into one place of the table. The order of such a table differs from run to run. */
guint kube_hash_text (gconstpointer text);

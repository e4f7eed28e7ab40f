/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether mounts made later come through to other namespaces. Reads the mount table: never on the way of a set-up or a
 * teardown. */
#pragma once

#include <glib.h>

/* Whether the mount that @path (absolute, links followed) lies on is shared. */
gboolean sys_propagation_is_shared (const char *path, gboolean *ret_shared, GError **error);

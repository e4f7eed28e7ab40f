/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a mount, as opposed to those of a file system, for a tree that hangs nowhere yet. */
#pragma once

#include <glib.h>

/* Sets on @tree_fd, the mount itself, what @options (mount(8)'s words) ask for. What a fresh volume is anyway ("rw",
 * "exec", "defaults", ...) changes nothing. @ret_strange: the options, lent, that are none of a mount's; mount(8) drops
 * them from a bind mount without a word. The caller frees the array only. */
gboolean sys_tree_set_options (int tree_fd, const char *const *options, const char ***ret_strange, GError **error);

/* SPDX-License-Identifier: MIT */
/* A place for one container, which nobody else sees and which needs no clean-up: a tmpfs in a mount namespace of this
 * process. It is gone with the last process in it, however that ends, and with it what a Secret put into it. */
#pragma once

#include <glib.h>

/* Moves the calling thread into such a namespace. What it mounts is seen by it and its children alone. */
gboolean bundle_enter (GError **error);

/* Makes the place there. *@ret_dir, empty and 0700, is its path; the caller frees it. */
gboolean bundle_make (const char *root, char **ret_dir, GError **error);

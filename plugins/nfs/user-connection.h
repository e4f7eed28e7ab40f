/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection between the kernel and the server of a volume, which ends with either. */
#pragma once

#include <glib.h>

/* Whether nobody serves the mount behind @dir_fd any more. FALSE as well when that cannot be told. */
gboolean nfs_user_connection_is_broken (int dir_fd);

/* Has the kernel end it, by its number: the minor one of the device of its file system. Where fusectl is mounted and
 * this process may. */
void nfs_user_connection_abort (guint32 number);

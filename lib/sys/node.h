/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of this machine. */
#pragma once

#include <glib.h>

/* 36 characters that change with every boot, and a NUL. */
gboolean sys_node_boot_id (char ret_id[37], GError **error);

/* Bytes of memory: MemTotal. */
guint64 sys_node_memory (void);

/* Checks that the kernel has what kvol cannot do without (Linux 5.12): the mount calls by descriptor, openat2,
 * mount_setattr, statx with the mount id; not that this process may use them. NOT_SUPPORTED names what is missing. */
gboolean sys_node_check (GError **error);

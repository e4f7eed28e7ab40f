/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of this machine. */
#pragma once

#include "model/downward.h"

/* 36 characters that change with every boot, and a NUL. */
gboolean sys_node_boot_id (char ret_id[37], GError **error);

/* Bytes of memory: MemTotal. */
guint64 sys_node_memory (void);

/* What this machine has to give to pods: all its memory, every CPU that is online, and the file system of @root_dir,
 * on which the kubelet too counts ephemeral storage (nothing is reserved); 0 for a file system that cannot be asked. */
void sys_node_allocatable (const char *root_dir, ModelAllocatable *ret_node);

/* Checks that the kernel has what kvol cannot do without (Linux 5.12): the mount calls by descriptor, openat2,
 * mount_setattr, statx with the mount id; not that this process may use them. NOT_SUPPORTED names what is missing. */
gboolean sys_node_check (GError **error);

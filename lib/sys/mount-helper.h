/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts by another program, such as mount.nfs, which nobody but their caller ever sees. */
#pragma once

#include "sys/program.h"

/* The absolute path of this machine's helper for @fs_type; NULL: there is none. */
char *sys_mount_helper_find (const char *fs_type);

/* Runs "@program @source DIRECTORY -o @options" in a mount namespace that goes with the call, and answers what it has
 * mounted: nosuid, nodev, detached. -1 with what the program printed; NOT_SUPPORTED when this process may have no
 * mount namespace. */
int sys_mount_helper_run (const char *program, const char *source, const char *const *options, SysRunWhere where,
                          GCancellable *cancellable, GError **error);

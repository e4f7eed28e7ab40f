/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kvol-nfs is told of the volume that it is to serve. */
#pragma once

#include "probe.h"

/* Its arguments, the program first, without a NULL at the end; free them with g_ptr_array_unref(). @locks: the kinds
 * that the server keeps. @server_judges: who may do what. */
GPtrArray *nfs_user_arguments_new (const NfsTarget *target, const NfsFound *found, const KvolNodeVolume *volume,
                                   const char *locks, gboolean server_judges);

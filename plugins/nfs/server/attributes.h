/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NFS 3 says of a file, as Linux says it, and back. */
#pragma once

#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <sys/stat.h>

/* The errno for a status; every status of RFC 1813 has one, and what is none is EIO. */
int attributes_errno (nfsstat3 status);

/* All but how much is best read or written at a time, which is not said of a file. */
void attributes_to_stat (const fattr3 *from, struct stat *to);

/* @to_set: FUSE_SET_ATTR_... */
void attributes_from_stat (const struct stat *from, int to_set, sattr3 *to);
/* The mode alone: all that is said of a file that is made. */
void attributes_from_mode (mode_t mode, sattr3 *to);

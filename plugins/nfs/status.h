/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server says instead of doing something: the numbers that MOUNT, NFS 3 and NFS 4 have in common, and those that
 * only one of them has. */
#pragma once

#include "rpc.h"

enum {
  NFS_STATUS_OK            = 0,
  NFS_STATUS_LATER         = 10008, /* NFS3ERR_JUKEBOX, NFS4ERR_DELAY */
  NFS_STATUS_MOVED         = 10019,
  NFS_STATUS_MINOR_VERSION = 10021,
  NFS_STATUS_SYMLINK       = 10029,
};

/* Says why @procedure was refused, and about which @path. Answers FALSE. */
gboolean nfs_status_throw (GError **error, guint32 status, const NfsRpc *rpc, const NfsProcedure *procedure,
                           const char *path);

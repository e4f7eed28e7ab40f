/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever comes here has a volume that is well described and a server that was found willing: what carries its data,
 * the kernel's client or a server in user space, is put in here and nowhere else. */
#include "data-path.h"

gboolean
nfs_data_path_open (const NfsTarget *target, KvolMade *made, GError **error)
{
  return nfs_cause_throw (error, NFS_NO_DATA_PATH, "\"%s\" gives \"%s\" to this node, but this kvol cannot mount it",
                          target->server, target->path);
}

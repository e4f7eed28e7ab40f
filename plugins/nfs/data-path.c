/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever comes here has a volume that is well described and a server that was found willing: what carries its data,
 * the kernel's client or a server in user space, is put in here and nowhere else. */
#include "data-path.h"

gboolean
nfs_data_path_open (const NfsTarget *target, const NfsFound *found, KvolMade *made, GError **error)
{
  g_autofree char *peer = nfs_endpoint_to_string (&found->endpoint, found->port);

  return nfs_cause_throw (error, NFS_NO_DATA_PATH,
                          "%s gives \"%s\" to this node by NFS %d, but this kvol cannot mount it", peer, target->path,
                          found->version);
}

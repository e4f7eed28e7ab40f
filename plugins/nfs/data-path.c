/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever comes here has a volume that is well described and a server that was found willing: what carries its data,
 * the kernel's client or a server in user space, is put in here and nowhere else. */
#include "data-path.h"

#include "user-path.h"

gboolean
nfs_data_path_open (const NfsDataPath *self, const KvolPodVolume *volume, const NfsTarget *target,
                    const NfsFound *found, KvolMade *made, GCancellable *cancellable, GError **error)
{
  g_autofree char *peer = nfs_endpoint_to_string (&found->endpoint, found->port);

  if (!KVOL_HAS (self->host, spawn_server) || self->host->spawn_server == NULL || self->host->create_fs == NULL)
    return nfs_cause_throw (error, NFS_NO_DATA_PATH,
                            "%s gives \"%s\" to this node by NFS %d, but this kvol cannot mount it", peer, target->path,
                            found->version);
  made->fd = nfs_user_path_open (self->host, target, found, volume, self->usec, cancellable, error);
  made->kind = KVOL_MADE_TREE;
  return made->fd >= 0;
}

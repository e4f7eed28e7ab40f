/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever comes here has a volume that is well described and a server that was found willing: what carries its data,
 * the kernel's client or a server in user space, is put in here and nowhere else. */
#include "data-path.h"

#include "kernel.h"

static gboolean
open_kernel (const NfsDataPath *self, const NfsTarget *target, const NfsFound *found, KvolMade *made,
             GCancellable *cancellable, GError **error)
{
  int tree = self->use_helper ? nfs_kernel_run_helper (self->host, target, found, cancellable, error)
                              : nfs_kernel_mount (self->host, target, found, cancellable, error);

  if (tree < 0)
    return FALSE;
  made->kind = KVOL_MADE_TREE;
  made->fd = tree;
  return TRUE;
}

gboolean
nfs_data_path_open (const NfsDataPath *self, const NfsTarget *target, const NfsFound *found, KvolMade *made,
                    GCancellable *cancellable, GError **error)
{
  g_autofree char *peer = nfs_endpoint_to_string (&found->endpoint, found->port);

  if (nfs_kernel_has_client (found->version))
    return open_kernel (self, target, found, made, cancellable, error);
  return nfs_cause_throw (error, NFS_NO_DATA_PATH,
                          "%s gives \"%s\" to this node by NFS %d, but this node's kernel has no client for that", peer,
                          target->path, found->version);
}

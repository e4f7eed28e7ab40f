/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever comes here has a volume that is well described and a server that was found willing: what carries its data,
 * the kernel's client or a server in user space, is put in here and nowhere else. */
#include "data-path.h"

#include "kernel.h"
#include "user-path.h"

static int
open_kernel (const NfsDataPath *self, const NfsTarget *target, const NfsFound *found, const KvolNodeVolume *volume,
             GCancellable *cancellable, GError **error)
{
  return self->use_helper ? nfs_kernel_run_helper (self->host, target, found, cancellable, error)
                          : nfs_kernel_mount (self->host, target, found, volume, cancellable, error);
}

/* "ro", "noatime": they are the mount's, whoever serves it. */
static gboolean
set_tree_options (const NfsDataPath *self, const NfsTarget *target, int tree, GError **error)
{
  g_autoptr (GPtrArray) options = g_ptr_array_new ();

  for (guint i = 0; i < target->options.mount->len; i++)
    g_ptr_array_add (options, target->options.mount->pdata[i]);
  g_ptr_array_add (options, NULL);
  return self->host->set_tree_options (self->host, tree, (const char *const *) options->pdata, error);
}

static gboolean
has_user_path (const KvolHost *host)
{
  return KVOL_HAS (host, spawn_server) && host->spawn_server != NULL && host->create_fs != NULL
         && KVOL_HAS (host, set_tree_options) && host->set_tree_options != NULL;
}

gboolean
nfs_data_path_open (const NfsDataPath *self, const KvolPodVolume *volume, const NfsTarget *target,
                    const NfsFound *found, const NfsDeadline *deadline, KvolMade *made, GError **error)
{
  g_autofree char *peer = nfs_endpoint_to_string (&found->endpoint, found->port);
  const gboolean by_kernel = nfs_kernel_has_client (found->version);
  KVOL_AUTO_FD tree = -1;

  if (!nfs_user_path_forget (self->host, volume, by_kernel, deadline->cancellable, error))
    return FALSE;
  if (by_kernel)
    tree = open_kernel (self, target, found, volume->volume, deadline->cancellable, error);
  else if (has_user_path (self->host))
    tree = nfs_user_path_open (self->host, target, found, volume, deadline, made, error);
  else
    return nfs_cause_throw (
        error, NFS_NO_DATA_PATH,
        "%s gives \"%s\" to this node by NFS %d, but this node's kernel has no client for that, and "
        "this kvol no server of its own",
        peer, target->path, found->version);
  if (tree < 0 || !set_tree_options (self, target, tree, error))
    return FALSE;
  made->kind = KVOL_MADE_TREE;
  made->fd = g_steal_fd (&tree);
  return TRUE;
}

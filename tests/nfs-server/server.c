/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/server.h"

#include <sched.h>

#include "nfs-server/keeper.h"
#include "nfs-server/net.h"
#include "nfs-server/settings.h"
#include "support/user-servers.h"

struct NfsServer
{
  NfsKeeper keeper;
};

gboolean
nfs_net_enter (const char **ret_reason)
{
  if (unshare (CLONE_NEWNET) == 0 && net_raise_loopback (NULL))
    {
      user_servers_guard ();
      return TRUE;
    }
  *ret_reason = "this machine does not let a process have a network namespace of its own";
  return FALSE;
}

gboolean
nfs_server_works (char **ret_reason)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  NfsKeeper keeper;

  if (nfs_keeper_start (&keeper, "check", none, NULL, &error))
    {
      nfs_keeper_end (&keeper);
      return TRUE;
    }
  *ret_reason = g_strdup (error->message);
  return FALSE;
}

NfsServer *
nfs_server_start (const NfsServerSettings *settings, GError **error)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new_with_free_func (g_free);
  g_autofree NfsServer *self = g_new0 (NfsServer, 1);

  settings_to_args (settings, args);
  if (!nfs_keeper_start (&self->keeper, "serve", args, NULL, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
nfs_server_stop (NfsServer *self)
{
  if (self == NULL)
    return;
  nfs_keeper_end (&self->keeper);
  g_free (self);
}

gboolean
nfs_server_kill (NfsServer *self, GError **error)
{
  return nfs_keeper_tell (&self->keeper, "kill", error);
}

gboolean
nfs_server_unplug (NfsServer *self, GError **error)
{
  return nfs_keeper_tell (&self->keeper, "unplug", error);
}

gboolean
nfs_server_restart (NfsServer *self, GError **error)
{
  return nfs_keeper_tell (&self->keeper, "start", error);
}

gboolean
nfs_server_freeze (NfsServer *self, GError **error)
{
  return nfs_keeper_tell (&self->keeper, "freeze", error);
}

gboolean
nfs_server_thaw (NfsServer *self, GError **error)
{
  return nfs_keeper_tell (&self->keeper, "thaw", error);
}

gboolean
nfs_server_kill_portmapper (NfsServer *self, GError **error)
{
  return nfs_keeper_tell (&self->keeper, "kill-portmapper", error);
}

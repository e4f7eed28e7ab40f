/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/fault.h"

#include "nfs-server/keeper.h"
#include "nfs-server/plan.h"

struct NfsFault
{
  NfsKeeper keeper;
  guint16 port;
};

NfsFault *
nfs_fault_start (const NfsFaultPlan *plan, GError **error)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new_with_free_func (g_free);
  g_autofree NfsFault *self = g_new0 (NfsFault, 1);
  g_autofree char *port = NULL;

  plan_to_args (plan, args);
  if (!nfs_keeper_start (&self->keeper, "fault", args, &port, error))
    return NULL;
  self->port = g_ascii_strtoull (port, NULL, 10);
  return g_steal_pointer (&self);
}

void
nfs_fault_stop (NfsFault *self)
{
  if (self == NULL)
    return;
  nfs_keeper_end (&self->keeper);
  g_free (self);
}

guint16
nfs_fault_port (const NfsFault *self)
{
  return self->port;
}

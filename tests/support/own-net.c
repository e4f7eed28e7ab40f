/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/own-net.h"

#include "nfs-server/server.h"
#include "support/scratch.h"

gboolean
own_net_enter (const char *title)
{
  const char *reason = NULL;

  if (scratch_enter (&reason) && nfs_net_enter (&reason))
    return TRUE;
  g_print ("ok - %s # SKIP %s\n", title, reason);
  return FALSE;
}

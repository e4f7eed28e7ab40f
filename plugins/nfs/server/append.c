/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel appends where it knows the end of the file to be. When another client may have moved that, which is so
 * after each lock, the server is asked first, and what is appended goes to the end that there is. The kernel is told to
 * ask as well: it has put the data in its cache at the wrong place, which it sees by the size that it is told then. */
#include <fcntl.h>

#include "operations.h"
#include "unstable.h"

static void
take_end (Call *self, int failure, gpointer result)
{
  GETATTR3res *res = result;
  Node *node = self->node;
  guint64 end;

  if (failure != 0)
    {
      unstable_fail (self, failure);
      return;
    }
  g_mutex_lock (&node->lock);
  end = node_get_end (node, res->GETATTR3res_u.resok.obj_attributes.size, self->sent);
  node->end_unsure = end != self->offset;
  g_mutex_unlock (&node->lock);
  if (end != self->offset)
    fuse_lowlevel_notify_inval_inode (loop_get_volume (self->loop)->session, (fuse_ino_t) (gpointer) node, -1, 0);
  self->offset = end;
  unstable_write (self);
}

void
append_write (Call *call, int flags)
{
  Node *node = call->node;
  gboolean unsure;

  g_mutex_lock (&node->lock);
  unsure = (flags & O_APPEND) && node->end_unsure;
  g_mutex_unlock (&node->lock);
  if (unsure)
    {
      if (unstable_hold_data (call))
        call_ask (call, call_ask_attributes, take_end);
    }
  else
    unstable_write (call);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* That they go is the server's work (device.c). Each does it when a file is written to, and not each when it is cut: of
 * the latter it is asked in so many words then. It does that for the owner and for root alone; for who else may write
 * the file it is cut and the bits stay until the first write, as they do with the kernel's own client.
 *
 * With root's writes the server leaves them, as root may. Without CAP_FSETID root may not, of which the server knows
 * nothing; the kernel tells of it before a write through its cache, and then it is asked in so many words as well. */
#include "privileges.h"

#include <errno.h>
#include <linux/fuse.h>
#include <sys/stat.h>

#include "operations.h"

void
privileges_written (Call *call, const post_op_attr *after)
{
  Node *node = call->node;
  guint known;

  g_mutex_lock (&node->lock);
  known = node->mode & NODE_PRIVILEGES;
  g_mutex_unlock (&node->lock);
  if (known == 0 || (after->attributes_follow && (after->post_op_attr_u.attributes.mode & NODE_PRIVILEGES) == known))
    return;
  fuse_lowlevel_notify_inval_inode (loop_get_volume (call->loop)->session, (fuse_ino_t) (gpointer) node, -1, 0);
}

void
privileges_will_go (Call *call)
{
  /* Of anybody else the server knows it. */
  if (call->identity->credential.uid == 0)
    call->to_set |= FATTR_KILL_SUIDGID;
}

/* Without the group's right to execute, setgid is not that: it once was a mark for locks. */
static mode_t
take_from (mode_t mode)
{
  return mode & ~(mode_t) (S_ISUID | ((mode & S_IXGRP) != 0 ? S_ISGID : 0));
}

/* Unless somebody has changed the file since. */
static int
ask_drop (Call *self, Wire *wire)
{
  const fattr3 *now = self->memory;
  SETATTR3args args = { .object = node_handle (self->node) };

  attributes_from_mode (take_from (now->mode), &args.new_attributes);
  args.guard.check = TRUE;
  args.guard.sattrguard3_u.obj_ctime = now->ctime;
  return wire_ask (wire, &procedure_setattr, &args, self);
}

/* What was wanted has been set, whatever becomes of this. */
static void
take_attributes (Call *self, int failure, gpointer result)
{
  GETATTR3res *res = result;

  inode_reply_attributes (self, failure == 0 ? &res->GETATTR3res_u.resok.obj_attributes : self->memory);
}

/* Who may not do it leaves the file as it was. Somebody else may have changed it, or the same has been asked before and
 * the answer was lost. */
static void
take_drop (Call *self, int failure, gpointer result)
{
  SETATTR3res *res = result;
  const post_op_attr *after = failure == 0 ? &res->SETATTR3res_u.resok.obj_wcc.after : NULL;

  if (after != NULL && after->attributes_follow)
    inode_reply_attributes (self, &after->post_op_attr_u.attributes);
  else if (failure == 0 || failure == EBUSY)
    call_ask (self, call_ask_attributes, take_attributes);
  else
    inode_reply_attributes (self, self->memory);
}

/* Not each libfuse says when the kernel wants it. Root alone may leave them, and that when the file is cut alone. */
static gboolean
are_to_go (const Call *call)
{
  return (call->to_set & (FATTR_KILL_SUIDGID | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
         || ((call->to_set & FUSE_SET_ATTR_SIZE) && call->identity->credential.uid != 0);
}

gboolean
privileges_drop (Call *call, const fattr3 *now)
{
  if (now->type != NF3REG || take_from (now->mode) == now->mode || !are_to_go (call))
    return FALSE;
  call->memory = g_memdup2 (now, sizeof *now);
  call_ask (call, ask_drop, take_drop);
  return TRUE;
}

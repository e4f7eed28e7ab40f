/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that is made when it is opened. The kernel has looked, and there was none; meanwhile another client may have
 * made one. What is found so is opened by the rights to it, and emptied if it is to be. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "known-end.h"
#include "making.h"
#include "operations.h"
#include "rights.h"
#include "turn.h"
#include "unstable.h"

/* With the verifier the server knows its own file again when it is asked twice; the mode comes after. Of a name that is
 * there the server would say no more than that it is, and the kernel has not looked whether this user may open it: it
 * is not opened as if it had been made, as long as `to_set`. What is there all the same is not emptied by this, but
 * afterwards. */
static int
ask_create (Call *self, Wire *wire)
{
  CREATE3args args = { .where = { node_handle (self->node), self->name } };

  if (self->flags & O_EXCL)
    {
      args.how.mode = EXCLUSIVE;
      memcpy (args.how.createhow3_u.verf, &self->verifier, NFS3_CREATEVERFSIZE);
    }
  else
    {
      args.how.mode = self->to_set ? GUARDED : UNCHECKED;
      attributes_from_mode (self->attr.st_mode, &args.how.createhow3_u.obj_attributes);
    }
  return wire_ask (wire, &procedure_create, &args, self);
}

static int
reply_created (Call *self, const struct fuse_entry_param *entry)
{
  struct fuse_file_info info = { 0 };
  File *file = file_new (self, self->other, &info);

  if (fuse_reply_create (self->req, entry, &info) == 0)
    return 0;
  file_close (file, self->loop);
  return -1;
}

static int
ask_mode (Call *self, Wire *wire)
{
  SETATTR3args args = { .object = node_handle (self->other) };

  attributes_from_mode (self->attr.st_mode, &args.new_attributes);
  /* Where the server keeps the verifier. */
  args.new_attributes.atime.set_it = SET_TO_SERVER_TIME;
  args.new_attributes.mtime.set_it = SET_TO_SERVER_TIME;
  return wire_ask (wire, &procedure_setattr, &args, self);
}

static void
take_mode (Call *self, int failure, gpointer result)
{
  SETATTR3res *res = result;
  nfs_fh3 handle = node_handle (self->other);

  if (failure != 0)
    call_reply_error (self, failure);
  else
    call_reply_entry (self, &handle, &res->SETATTR3res_u.resok.obj_wcc.after);
}

static int
ask_emptying (Call *self, Wire *wire)
{
  const SETATTR3args args = { .object = node_handle (self->node), .new_attributes.size.set_it = TRUE };

  return wire_ask (wire, &procedure_setattr, &args, self);
}

/* What has been set is taken, whatever was told meanwhile. */
static void
take_emptying (Call *self, int failure, gpointer result)
{
  const SETATTR3res *res = result;
  Node *node = self->node;
  nfs_fh3 handle = node_handle (node);

  unstable_end_change (self);
  self->began = g_get_monotonic_time ();
  g_mutex_lock (&node->lock);
  node->changed = self->began;
  node->latest_until = 0;
  if (failure == 0)
    known_end_cut (node);
  g_mutex_unlock (&node->lock);
  if (failure != 0)
    call_reply_error (self, failure);
  else
    call_reply_entry (self, &handle, &res->SETATTR3res_u.resok.obj_wcc.after);
}

static void
empty (Call *self)
{
  unstable_ask_change (self, ask_emptying, take_emptying);
}

/* Whether something is in it, or will be when a write is repeated (unstable.c). */
static gboolean
is_to_be_emptied (Node *node, const fattr3 *now)
{
  gboolean is;

  g_mutex_lock (&node->lock);
  is = now->size > 0 || node->kept.head != NULL;
  g_mutex_unlock (&node->lock);
  return is;
}

/* After ESTALE the kernel looks the name up once more, and opens what it finds as it opens any file: if its mode allows
 * that, and where a link leads. It does so once, so no other name of the path may be wrong then. */
static void
have_it_looked_up (Call *self)
{
  Volume *volume = loop_get_volume (self->loop);

  absent_forget_all (volume->absent);
  volume_note_sent (volume, self->pid);
  call_reply_error (self, ESTALE);
}

/* Another client may have given this name to a file that was written to from here: what the server may still lose of
 * that is put down before the file is emptied, or it would come back. Whose it is may have made it so that he has no
 * right to write, and does when he has it open; else `to_set` says whether the server grants it. */
static void
take_found (Call *self, int failure, gpointer result)
{
  const GETATTR3res *res = result;
  const fattr3 *now = res != NULL ? &res->GETATTR3res_u.resok.obj_attributes : NULL;
  const nfs_fh3 handle = node_handle (self->node);

  if (failure != 0)
    call_reply_error (self, failure);
  else if (now->type != NF3REG)
    have_it_looked_up (self);
  else if (!self->to_set && now->uid != self->identity->credential.uid)
    call_reply_error (self, EACCES);
  else if ((self->flags & O_TRUNC) && is_to_be_emptied (self->node, now))
    unstable_conclude (self, empty);
  else
    call_reply_entry (self, &handle, &(post_op_attr){ TRUE, { *now } });
}

static void
take_found_rights (Call *self, int failure, gpointer result)
{
  const ACCESS3res *res = result;
  const u_int granted = failure == 0 ? res->ACCESS3res_u.resok.access : 0;

  self->to_set = rights_to_open (loop_get_volume (self->loop), self->flags, granted);
  if (failure != 0)
    call_reply_error (self, failure);
  else
    call_ask (self, call_ask_attributes, take_found);
}

/* It is there: made, or, without `to_set`, found. Some servers say so of what is no file, which the kernel would open
 * nowhere, and never close. */
static void
end_create (Call *self, const nfs_fh3 *handle, const post_op_attr *now)
{
  Volume *volume = loop_get_volume (self->loop);

  if (!nodes_may_have (handle))
    {
      call_reply_error (self, EIO);
      return;
    }
  if (now->attributes_follow && now->post_op_attr_u.attributes.type != NF3REG)
    {
      have_it_looked_up (self);
      return;
    }
  if (self->to_set)
    {
      call_reply_entry (self, handle, now);
      return;
    }
  self->other = nodes_get (volume->nodes, handle);
  if (self->flags & O_EXCL)
    {
      call_ask (self, ask_mode, take_mode);
      return;
    }
  node_unref (self->node);
  self->node = g_steal_pointer (&self->other);
  call_ask (self, rights_ask, take_found_rights);
}

static void
take_created (Call *self, int failure, gpointer result)
{
  LOOKUP3res *res = result;
  LOOKUP3resok *ok = res != NULL ? &res->LOOKUP3res_u.resok : NULL;

  if (failure != 0)
    call_reply_error (self, failure);
  else
    end_create (self, &ok->object, &ok->obj_attributes);
}

static void take_create (Call *self, int failure, gpointer result);

/* Another client has made it. Asked twice, it may be what was made the first time; and who has been sent to look does
 * not come again. */
static void
open_found (Call *self)
{
  if (call_count_lost (self) > 0 || volume_was_sent (loop_get_volume (self->loop), self->pid))
    {
      self->to_set = FALSE;
      call_ask (self, ask_create, take_create);
      return;
    }
  have_it_looked_up (self);
}

/* The server does not say what it has made; another client may have given the name to something else since. */
static void
find_created (Call *self)
{
  self->to_set = FALSE;
  call_ask (self, call_ask_name, take_created);
}

static void
take_create (Call *self, int failure, gpointer result)
{
  CREATE3res *res = result;
  CREATE3resok *ok = res != NULL ? &res->CREATE3res_u.resok : NULL;

  call_note_directory (self, self->node, failure == 0 ? &ok->dir_wcc.after : NULL);
  making_end (self, failure);
  if (failure == EEXIST && self->to_set)
    open_found (self);
  else if (failure != 0)
    call_reply_error (self, failure);
  else if (ok->obj.handle_follows)
    end_create (self, &ok->obj.post_op_fh3_u.handle, &ok->obj_attributes);
  else
    find_created (self);
}

void
file_create (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *info)
{
  Call *call = call_new_of_name (req, parent, name);

  call->attr.st_mode = mode;
  call->flags = info->flags;
  call->verifier = (guint64) g_random_int () << 32 | g_random_int ();
  call->reply_node = reply_created;
  call->to_set = !(info->flags & O_EXCL);
  making_note (call, name);
  turn_ask (call, ask_create, take_create);
}

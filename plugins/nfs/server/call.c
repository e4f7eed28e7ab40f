/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"

#include <errno.h>

#include "known-end.h"

/* ---- interruption: told by whichever thread reads it, heard by the call's own. It may have been answered meanwhile,
 * and another one be where it was: so it is told by the kernel's number ---- */

static void
hear_interrupt (Loop *loop, gpointer data)
{
  const gsize number = GPOINTER_TO_SIZE (data);

  for (GList *link = loop_get_calls (loop)->head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if ((gsize) call->request != number)
        continue;
      if (call->interrupt != NULL)
        call->interrupt (call);
      else
        loop_interrupt (loop, call);
      return;
    }
}

static void
tell_interrupt (fuse_req_t req, void *data)
{
  Volume *volume = fuse_req_userdata (req);

  for (int i = 0; i < volume->settings->threads; i++)
    loop_post (volume->loops[i], hear_interrupt, data);
}

/* ---- life ---- */

static Call *
call_make (Loop *loop, Node *node, Identity *identity)
{
  Call *self = g_new0 (Call, 1);

  self->link.data = self;
  self->all.data = self;
  self->loop = loop;
  self->identity = identity;
  self->node = node != NULL ? node_ref (node) : NULL;
  g_queue_push_tail_link (loop_get_calls (loop), &self->all);
  return self;
}

Call *
call_new (fuse_req_t req, Node *node, Identity *identity)
{
  Volume *volume = fuse_req_userdata (req);
  Loop *loop = volume_get_loop (volume);
  gint64 soft = volume->settings->soft_usec;
  Call *self;

  identity = identity != NULL ? identity_ref (identity) : identity_remember (loop_get_identities (loop), req);
  self = call_make (loop, node, identity);
  self->req = req;
  self->pid = fuse_req_ctx (req)->pid;
  self->began = g_get_monotonic_time ();
  self->deadline = soft > 0 ? self->began + soft : 0;
  self->request = loop_get_request (loop);
  fuse_req_interrupt_func (req, tell_interrupt, GSIZE_TO_POINTER ((gsize) self->request));
  return self;
}

Call *
call_new_of_name (fuse_req_t req, fuse_ino_t directory, const char *name)
{
  Call *self = call_new (req, volume_get_node (fuse_req_userdata (req), directory), NULL);

  self->name = g_strdup (name);
  return self;
}

Call *
call_new_work (Loop *loop, Node *node, Identity *identity)
{
  return call_make (loop, node, identity_ref (identity));
}

void
call_free (Call *self)
{
  g_queue_unlink (loop_get_calls (self->loop), &self->all);
  if (self->queue != NULL)
    g_queue_unlink (self->queue, &self->link);
  g_clear_pointer (&self->node, node_unref);
  g_clear_pointer (&self->other, node_unref);
  g_clear_pointer (&self->from, node_unref);
  identity_unref (self->identity);
  g_clear_pointer (&self->own, identity_unref);
  g_free (self->name);
  g_free (self->from_name);
  g_free (self->text);
  g_free (self->memory);
  g_clear_pointer (&self->room, room_unref);
  if (self->file_unref != NULL)
    self->file_unref (self->file);
  g_free (self);
}

void
call_ask (Call *self, CallAsk ask, CallThen then)
{
  self->ask = ask;
  self->then = then;
  self->asked = 0;
  self->refused = 0;
  self->hung_up = 0;
  loop_take (self->loop, self);
}

/* ---- answers ---- */

void
call_reply_error (Call *self, int number)
{
  if (self->req != NULL)
    fuse_reply_err (self->req, number);
  call_free (self);
}

/* Of the answers to questions that were asked at the same time the kernel takes the first, and no other one. Answers
 * whether it takes this. With the node's lock held. */
static gboolean
note_told (Node *node, const fattr3 *attributes, gint64 began)
{
  const gboolean takes = node->told < began;
  static const fattr3 nothing = { 0 };
  const fattr3 *from = takes || node_was_told (node, attributes) ? attributes : &nothing;

  node->told = g_get_monotonic_time ();
  node->size = from->size;
  node->mtime = from->mtime;
  node->ctime = from->ctime;
  return takes;
}

void
call_fill_attr (const Volume *volume, Node *node, const fattr3 *attributes, gint64 began, gint64 sent,
                struct stat *ret_attr)
{
  gboolean takes;

  attributes_to_stat (attributes, ret_attr);
  ret_attr->st_blksize = (blksize_t) volume->settings->transfer;
  ret_attr->st_uid = nfs_id_map_inwards (&volume->ids.users, attributes->uid);
  ret_attr->st_gid = nfs_id_map_inwards (&volume->ids.groups, attributes->gid);
  g_mutex_lock (&node->lock);
  if (attributes->fileid == 0)
    ret_attr->st_ino = node_make_up_number (node->handle, node->length);
  node->fileid = attributes->fileid;
  node->mode = attributes->mode;
  takes = note_told (node, attributes, began);
  ret_attr->st_size = (off_t) node_get_end (node, attributes->size, sent);
  known_end_tell (node, (guint64) ret_attr->st_size, takes);
  g_mutex_unlock (&node->lock);
}

void
call_fill_entry (const Call *self, Node *node, const fattr3 *attributes, struct fuse_entry_param *ret_entry)
{
  const Volume *volume = loop_get_volume (self->loop);

  *ret_entry = (struct fuse_entry_param){
    .ino = node == volume->root ? FUSE_ROOT_ID : (fuse_ino_t) (gpointer) node,
    .generation = node->generation,
    .attr_timeout = volume_get_attr_timeout (volume, attributes),
    .entry_timeout = volume->entry_timeout,
  };
  call_fill_attr (volume, node, attributes, self->began, self->sent, &ret_entry->attr);
  node_remember (node);
}

void
call_reply_attr (Call *self, const fattr3 *attributes)
{
  const Volume *volume = loop_get_volume (self->loop);
  struct stat attr;

  /* What the kernel is not told, an open must not take for known to it. */
  if (self->req != NULL)
    {
      call_fill_attr (volume, self->node, attributes, self->began, self->sent, &attr);
      fuse_reply_attr (self->req, &attr, volume_get_attr_timeout (volume, attributes));
    }
  call_free (self);
}

void
call_note_directory (Call *self, Node *directory, const post_op_attr *after)
{
  const double seconds = loop_get_volume (self->loop)->directory_timeout;

  g_mutex_lock (&directory->lock);
  directory->latest_until = 0;
  if (after != NULL && after->attributes_follow)
    {
      directory->latest = after->post_op_attr_u.attributes;
      directory->latest_until = g_get_monotonic_time () + (gint64) (seconds * G_TIME_SPAN_SECOND);
    }
  g_mutex_unlock (&directory->lock);
}

static void
reply_node (Call *self, Node *node, const fattr3 *attributes)
{
  struct fuse_entry_param entry;
  int failure;

  if (self->req == NULL)
    {
      call_free (self);
      return;
    }
  call_fill_entry (self, node, attributes, &entry);
  failure = self->reply_node != NULL ? self->reply_node (self, &entry) : fuse_reply_entry (self->req, &entry);
  /* Who asked has gone: the kernel has not counted it. */
  if (failure != 0)
    node_forget (node, 1);
  call_free (self);
}

static nfs_fh3
get_handle (const Call *self)
{
  return node_handle (self->other != NULL ? self->other : self->node);
}

int
call_ask_attributes (Call *self, Wire *wire)
{
  GETATTR3args args = { get_handle (self) };

  return wire_ask (wire, &procedure_getattr, &args, self);
}

int
call_ask_target (Call *self, Wire *wire)
{
  READLINK3args args = { get_handle (self) };

  return wire_ask (wire, &procedure_readlink, &args, self);
}

static void
take_attributes (Call *self, int failure, gpointer result)
{
  GETATTR3res *res = result;

  if (failure != 0)
    call_reply_error (self, failure);
  else
    reply_node (self, self->other, &res->GETATTR3res_u.resok.obj_attributes);
}

void
call_reply_entry (Call *self, const nfs_fh3 *handle, const post_op_attr *attributes)
{
  Node *node;

  if (!nodes_may_have (handle))
    {
      call_reply_error (self, EIO);
      return;
    }
  node = nodes_get (loop_get_volume (self->loop)->nodes, handle);
  g_clear_pointer (&self->other, node_unref);
  self->other = node;
  if (attributes->attributes_follow)
    reply_node (self, node, &attributes->post_op_attr_u.attributes);
  else
    call_ask (self, call_ask_attributes, take_attributes);
}

int
call_ask_name (Call *self, Wire *wire)
{
  LOOKUP3args args = { { node_handle (self->node), self->name } };

  return wire_ask (wire, &procedure_lookup, &args, self);
}

static void
take_name (Call *self, int failure, gpointer result)
{
  LOOKUP3res *res = result;
  LOOKUP3resok *ok = res != NULL ? &res->LOOKUP3res_u.resok : NULL;

  if (failure != 0)
    call_reply_error (self, failure);
  else
    call_reply_entry (self, &ok->object, &ok->obj_attributes);
}

void
call_reply_entry_of_name (Call *self, const post_op_fh3 *handle, const post_op_attr *attributes)
{
  if (handle->handle_follows)
    call_reply_entry (self, &handle->post_op_fh3_u.handle, attributes);
  else
    call_ask (self, call_ask_name, take_name);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NFS 3 knows no open files: a file whose last name goes is gone, whoever still has it open. So one that is open here
 * keeps a name of the kind that Linux's own client gives it, ".nfs...", until it is closed. The name is made by
 * renaming when the file is removed, and by linking when another file is to take its place, so that there always is a
 * file of that name. That client does not let it be removed meanwhile either. What has been linked stays so, whatever
 * becomes of the rest: somebody else may have seen that the file has two names, and removed the first one.
 *
 * A removal that was asked for twice, because its answer was lost, finds nothing to remove: that is its success.
 *
 * Who is killed meanwhile is answered at once, and the name may be another file's when the next question is due: it is
 * not asked then. What became of one that was out nobody hears (EINTR), so the file may live on by the new name. */
#include <errno.h>

#include "making.h"
#include "operations.h"
#include "turn.h"

#define SILLY_PREFIX ".nfs"

/* RMDIR's answer is laid out like this. */
G_STATIC_ASSERT (sizeof (RMDIR3res) == sizeof (REMOVE3res));

static void
take_removed (Call *self, int failure, gpointer result)
{
  const REMOVE3res *res = result;

  call_note_directory (self, self->node, failure == 0 ? &res->REMOVE3res_u.resok.dir_wcc.after : NULL);
  turn_end_removal (self);
  call_reply_error (self, failure == ENOENT && call_count_lost (self) > 0 ? 0 : failure);
}

static int
ask_remove (Call *self, Wire *wire)
{
  REMOVE3args args = { { node_handle (self->node), self->name } };

  return wire_ask (wire, &procedure_remove, &args, self);
}

static int
ask_rmdir (Call *self, Wire *wire)
{
  RMDIR3args args = { { node_handle (self->node), self->name } };

  return wire_ask (wire, &procedure_rmdir, &args, self);
}

void
removal_rmdir (fuse_req_t req, fuse_ino_t parent, const char *name)
{
  turn_ask_removal (call_new_of_name (req, parent, name), ask_rmdir, take_removed);
}

static void
remove_silly (Loop *loop, Identity *identity, Node *directory, const char *name)
{
  Call *call = call_new_work (loop, directory, identity);

  call->name = g_strdup (name);
  call_ask (call, ask_remove, take_removed);
}

void
removal_of_silly_name (Loop *loop, Node *node, gboolean at_end)
{
  g_autoptr (GArray) names = NULL;

  g_mutex_lock (&node->lock);
  if (node->opens == 0 || at_end)
    names = g_steal_pointer (&node->silly_names);
  g_mutex_unlock (&node->lock);
  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const SillyName *name = &g_array_index (names, SillyName, i);

      remove_silly (loop, name->owner, name->directory, name->name);
      node_unref (name->directory);
    }
}

/* The kernel does not wait until it was heard that a file is closed. */
void
removal_of_silly_names (Loop *loop)
{
  g_autoptr (GPtrArray) nodes = nodes_list (loop_get_volume (loop)->nodes);

  for (guint i = 0; i < nodes->len; i++)
    removal_of_silly_name (loop, g_ptr_array_index (nodes, i), TRUE);
}

/* ---- files that are open ---- */

static char *
make_up_name (Volume *volume, guint64 fileid)
{
  guint n = (guint) g_atomic_int_add (&volume->silly_names, 1);

  return g_strdup_printf (SILLY_PREFIX "%016" G_GINT64_MODIFIER "x%08x%04x", fileid,
                          (guint) (volume->started / G_TIME_SPAN_MILLISECOND), n);
}

/* What a lookup found, when it is open here and this is its only name; with a reference. */
static Node *
find_open (Call *self, int failure, const LOOKUP3res *res)
{
  const LOOKUP3resok *ok = res != NULL ? &res->LOOKUP3res_u.resok : NULL;
  gboolean is_open;
  Node *node;

  if (failure != 0 || !nodes_may_have (&ok->object) || !ok->obj_attributes.attributes_follow
      || ok->obj_attributes.post_op_attr_u.attributes.type == NF3DIR
      || ok->obj_attributes.post_op_attr_u.attributes.nlink > 1)
    return NULL;
  node = nodes_get (loop_get_volume (self->loop)->nodes, &ok->object);
  g_mutex_lock (&node->lock);
  is_open = node->opens > 0;
  node->fileid = ok->obj_attributes.post_op_attr_u.attributes.fileid;
  g_mutex_unlock (&node->lock);
  if (is_open)
    return node;
  node_unref (node);
  return NULL;
}

/* What a lookup found is to live on: `other`, as `text`. */
static gboolean
choose_silly (Call *self, int failure, const LOOKUP3res *res)
{
  self->other = find_open (self, failure, res);
  if (self->other == NULL)
    return FALSE;
  self->text = make_up_name (loop_get_volume (self->loop), self->other->fileid);
  making_note (self, self->text);
  return TRUE;
}

static void
clear_silly_name (gpointer data)
{
  SillyName *self = data;

  g_free (self->name);
  identity_unref (self->owner);
}

/* With the node's lock held. */
static void
add_silly_name (Node *node, SillyName name)
{
  if (node->silly_names == NULL)
    {
      node->silly_names = g_array_new (FALSE, FALSE, sizeof (SillyName));
      g_array_set_clear_func (node->silly_names, clear_silly_name);
    }
  g_array_append_val (node->silly_names, name);
}

/* The node `other` lives on as `text`, or may. It may have been closed meanwhile. */
static void
keep_silly (Call *self)
{
  Node *node = self->other;
  gboolean closed;

  g_mutex_lock (&node->lock);
  closed = node->opens == 0;
  if (!closed)
    add_silly_name (node, (SillyName){ node_ref (self->node), g_strdup (self->text), identity_ref (self->identity) });
  g_mutex_unlock (&node->lock);
  if (closed)
    remove_silly (self->loop, self->identity, self->node, self->text);
}

static int
ask_silly_rename (Call *self, Wire *wire)
{
  RENAME3args args = { { node_handle (self->node), self->name }, { node_handle (self->node), self->text } };

  return wire_ask (wire, &procedure_rename, &args, self);
}

static void
note_renamed (Call *self, Node *from, int failure, const RENAME3res *res)
{
  const RENAME3resok *ok = failure == 0 ? &res->RENAME3res_u.resok : NULL;

  call_note_directory (self, from, ok != NULL ? &ok->fromdir_wcc.after : NULL);
  call_note_directory (self, self->node, ok != NULL ? &ok->todir_wcc.after : NULL);
}

static void
take_silly_name (Call *self, int failure, gpointer result)
{
  if (failure == 0)
    keep_silly (self);
  call_free (self);
}

/* Whether there is a file of the new name is asked by nobody. */
static void
look_for_silly_name (Call *self)
{
  Call *call = call_new_work (self->loop, self->node, self->identity);

  call->other = node_ref (self->other);
  call->name = g_strdup (self->text);
  call->text = g_steal_pointer (&self->text);
  call_ask (call, call_ask_name, take_silly_name);
}

static void
take_silly_rename (Call *self, int failure, gpointer result)
{
  note_renamed (self, self->node, failure, result);
  making_note (self, self->text);
  if (failure == ENOENT && call_count_lost (self) > 0)
    failure = 0;
  if (failure == 0)
    keep_silly (self);
  else if (failure == EINTR)
    look_for_silly_name (self);
  turn_end_removal (self);
  call_reply_error (self, failure);
}

/* With the node's lock held. */
static gboolean
lives_on_by (const Node *node, const Node *directory, const char *name)
{
  for (guint i = 0; node->silly_names != NULL && i < node->silly_names->len; i++)
    {
      const SillyName *silly = &g_array_index (node->silly_names, SillyName, i);

      if (silly->directory == directory && g_str_equal (silly->name, name))
        return TRUE;
    }
  return FALSE;
}

/* Whether it is a name under which an open file lives on. Who has it open would be left with nothing. */
static gboolean
is_silly_name (Call *self, int failure, const LOOKUP3res *res)
{
  gboolean is;
  Node *node;

  if (failure != 0 || !nodes_may_have (&res->LOOKUP3res_u.resok.object) || !g_str_has_prefix (self->name, SILLY_PREFIX))
    return FALSE;
  node = nodes_get (loop_get_volume (self->loop)->nodes, &res->LOOKUP3res_u.resok.object);
  g_mutex_lock (&node->lock);
  is = node->opens > 0 && lives_on_by (node, self->node, self->name);
  g_mutex_unlock (&node->lock);
  node_unref (node);
  return is;
}

static void
take_lookup (Call *self, int failure, gpointer result)
{
  if (self->req == NULL)
    call_reply_error (self, EINTR);
  else if (is_silly_name (self, failure, result))
    call_reply_error (self, EBUSY);
  else if (choose_silly (self, failure, result))
    turn_ask_removal (self, ask_silly_rename, take_silly_rename);
  else
    turn_ask_removal (self, ask_remove, take_removed);
}

void
removal_unlink (fuse_req_t req, fuse_ino_t parent, const char *name)
{
  Volume *volume = fuse_req_userdata (req);
  Call *call = call_new_of_name (req, parent, name);

  if (g_atomic_int_get (&volume->open_files) > 0)
    turn_ask (call, call_ask_name, take_lookup);
  else
    turn_ask_removal (call, ask_remove, take_removed);
}

/* ---- rename: `node` and `name` are where it goes; where it comes from is `from` ---- */

static int
ask_rename (Call *self, Wire *wire)
{
  RENAME3args args = { { node_handle (self->from), self->from_name }, { node_handle (self->node), self->name } };

  return wire_ask (wire, &procedure_rename, &args, self);
}

static void
end_rename (Call *self, int failure)
{
  if (self->other != NULL)
    keep_silly (self);
  turn_end_removal (self);
  call_reply_error (self, failure);
}

/* Asked twice, and what was to be renamed is not there: it has got its new name already, if that is there. */
static void
take_renamed (Call *self, int failure, gpointer result)
{
  end_rename (self, failure);
}

static void
take_rename (Call *self, int failure, gpointer result)
{
  note_renamed (self, self->from, failure, result);
  making_note (self, self->name);
  if (failure == ENOENT && call_count_lost (self) > 0)
    call_ask (self, call_ask_name, take_renamed);
  else
    end_rename (self, failure);
}

static int
ask_silly_link (Call *self, Wire *wire)
{
  LINK3args args = { .file = node_handle (self->other), .link = { node_handle (self->node), self->text } };

  return wire_ask (wire, &procedure_link, &args, self);
}

/* A server without links: the file goes, as it would with any other client that is not this one. */
static void
take_silly_link (Call *self, int failure, gpointer result)
{
  making_note (self, self->text);
  if (failure != 0 && failure != EINTR && !(failure == EEXIST && call_count_lost (self) > 0))
    g_clear_pointer (&self->other, node_unref);
  if (self->req == NULL)
    end_rename (self, EINTR);
  else
    turn_ask_removal (self, ask_rename, take_rename);
}

static void
take_target (Call *self, int failure, gpointer result)
{
  if (self->req == NULL)
    call_reply_error (self, EINTR);
  else if (is_silly_name (self, failure, result))
    call_reply_error (self, EBUSY);
  else if (choose_silly (self, failure, result))
    call_ask (self, ask_silly_link, take_silly_link);
  else
    turn_ask_removal (self, ask_rename, take_rename);
}

void
removal_rename (fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
                unsigned flags)
{
  Volume *volume = fuse_req_userdata (req);
  Call *call;

  /* NFS 3 can neither exchange two names nor look whether one is free while it renames. */
  if (flags != 0)
    {
      fuse_reply_err (req, EINVAL);
      return;
    }
  call = call_new_of_name (req, new_parent, new_name);
  call->from = node_ref (volume_get_node (volume, parent));
  call->from_name = g_strdup (name);
  making_note (call, new_name);
  if (g_atomic_int_get (&volume->open_files) > 0)
    turn_ask (call, call_ask_name, take_target);
  else
    turn_ask_removal (call, ask_rename, take_rename);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <sys/statvfs.h>

#include "known-end.h"
#include "operations.h"
#include "privileges.h"
#include "unstable.h"

#define STATFS_BLOCK 4096

/* Of FUSE_SET_ATTR_*: what the server can be asked to set. */
#define SETTABLE                                                                                                       \
  (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID | FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_ATIME               \
   | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW)
#define TIMES_OF_CHANGE (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_CTIME)

void
inode_forget (fuse_req_t req, fuse_ino_t ino, uint64_t times)
{
  node_forget (volume_get_node (fuse_req_userdata (req), ino), times);
  fuse_reply_none (req);
}

void
inode_forget_multi (fuse_req_t req, size_t n, struct fuse_forget_data *forgets)
{
  for (size_t i = 0; i < n; i++)
    node_forget (volume_get_node (fuse_req_userdata (req), forgets[i].ino), forgets[i].nlookup);
  fuse_reply_none (req);
}

/* What has been set is taken, whatever was told meanwhile; and a size, whatever was written. */
void
inode_reply_attributes (Call *self, const fattr3 *attributes)
{
  if (self->to_set != 0)
    self->began = g_get_monotonic_time ();
  if (self->req != NULL && (self->to_set & FUSE_SET_ATTR_SIZE))
    {
      g_mutex_lock (&self->node->lock);
      known_end_cut (self->node);
      g_mutex_unlock (&self->node->lock);
    }
  call_reply_attr (self, attributes);
}

static void
reply_attributes (Call *self, const fattr3 *attributes)
{
  if (!privileges_drop (self, attributes))
    inode_reply_attributes (self, attributes);
}

static void
take_attributes (Call *self, int failure, gpointer result)
{
  GETATTR3res *res = result;

  if (failure != 0)
    call_reply_error (self, failure);
  else
    reply_attributes (self, &res->GETATTR3res_u.resok.obj_attributes);
}

/* The kernel asks for a directory's attributes after each change in it, and the answer to the change had them. What it
 * is told it may believe no longer than if it had got them then; whoever asks again is to have the server's word. */
static gboolean
reply_latest (fuse_req_t req, Node *node)
{
  const gint64 now = g_get_monotonic_time ();
  gboolean fresh;
  fattr3 latest;
  gint64 until;
  struct stat attr;

  g_mutex_lock (&node->lock);
  latest = node->latest;
  until = node->latest_until;
  fresh = now < until;
  node->latest_until = 0;
  g_mutex_unlock (&node->lock);
  if (!fresh)
    return FALSE;
  call_fill_attr (fuse_req_userdata (req), node, &latest, now, now, &attr);
  fuse_reply_attr (req, &attr, (double) (until - now) / G_TIME_SPAN_SECOND);
  return TRUE;
}

void
inode_getattr (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
  Node *node = volume_get_node (fuse_req_userdata (req), ino);
  File *file = info != NULL ? file_get (info) : NULL;

  if (!reply_latest (req, node))
    call_ask (call_new (req, node, file != NULL ? file->identity : NULL), call_ask_attributes, take_attributes);
}

/* ---- setattr: `mark` is how far our own goes behind what is cut; `flags`: the times are the kernel's ---- */

static int
ask_setattr (Call *self, Wire *wire)
{
  SETATTR3args args = { .object = node_handle (self->node) };

  attributes_from_stat (&self->attr, self->to_set, &args.new_attributes);
  return wire_ask (wire, &procedure_setattr, &args, self);
}

static void take_setattr (Call *self, int failure, gpointer result);

/* Who is not the owner may not say when the file changed; the server has its own time of that. */
static void
leave_times (Call *self)
{
  self->flags = 0;
  self->to_set &= ~TIMES_OF_CHANGE;
  if (self->to_set & SETTABLE)
    unstable_ask_change (self, ask_setattr, take_setattr);
  else
    call_ask (self, call_ask_attributes, take_attributes);
}

static void
take_setattr (Call *self, int failure, gpointer result)
{
  SETATTR3res *res = result;

  unstable_end_change (self);
  g_mutex_lock (&self->node->lock);
  self->node->changed = g_get_monotonic_time ();
  self->node->latest_until = 0;
  g_mutex_unlock (&self->node->lock);
  if (failure == EPERM && self->flags != 0)
    leave_times (self);
  else if (failure != 0)
    call_reply_error (self, failure);
  else if (res->SETATTR3res_u.resok.obj_wcc.after.attributes_follow)
    reply_attributes (self, &res->SETATTR3res_u.resok.obj_wcc.after.post_op_attr_u.attributes);
  else
    call_ask (self, call_ask_attributes, take_attributes);
}

static void
go_on_setattr (Call *self)
{
  unstable_ask_change (self, ask_setattr, take_setattr);
}

/* Nothing goes of what another client has written. The kernel does not hear that; a program has to. */
static void
take_end_before_cut (Call *self, int failure, gpointer result)
{
  GETATTR3res *res = result;
  const guint64 wanted = (guint64) self->attr.st_size;
  const guint64 end = failure == 0 ? res->GETATTR3res_u.resok.obj_attributes.size : wanted;

  if (end > wanted && end == self->mark)
    go_on_setattr (self);
  else if (end != wanted)
    call_reply_error (self, EIO);
  else
    take_attributes (self, failure, result);
}

static void
look_before_cut (Call *self)
{
  call_ask (self, call_ask_attributes, take_end_before_cut);
}

/* With a file, the kernel puts down the times of what it kept and wrote for a writer. */
static gboolean
is_flush_of_times (int to_set, const struct fuse_file_info *info)
{
  return info != NULL && to_set == TIMES_OF_CHANGE;
}

/* With a size as well, when it keeps what is written. */
static gboolean
has_times_of_kernel (int to_set)
{
  return (to_set & FUSE_SET_ATTR_SIZE) && (to_set & TIMES_OF_CHANGE) == TIMES_OF_CHANGE;
}

/* Whether nobody may have asked for this but the kernel, after a write that failed (known-end.c). It asks for nothing
 * else then. */
static gboolean
is_kernels_cut (Call *self, const struct fuse_file_info *info)
{
  const Settings *settings = loop_get_volume (self->loop)->settings;

  return (self->to_set & FUSE_SET_ATTR_SIZE)
         && known_end_is_cut (self->node, (guint64) self->attr.st_size, self->pid, &self->mark)
         && (self->to_set & SETTABLE) == FUSE_SET_ATTR_SIZE && info != NULL && !settings->single_writer;
}

void
inode_setattr (fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *info)
{
  const NfsIdMaps *ids = &((const Volume *) fuse_req_userdata (req))->ids;
  Node *node = volume_get_node (fuse_req_userdata (req), ino);
  gboolean flush = is_flush_of_times (to_set, info);
  File *file = info != NULL && (flush || (to_set & FUSE_SET_ATTR_SIZE)) ? file_get (info) : NULL;
  Call *call = call_new (req, node, file != NULL ? file->identity : NULL);

  call->attr = *attr;
  call->attr.st_uid = nfs_id_map_outwards (&ids->users, attr->st_uid);
  call->attr.st_gid = nfs_id_map_outwards (&ids->groups, attr->st_gid);
  call->to_set = to_set;
  call->flags = flush || has_times_of_kernel (to_set);
  if (!(to_set & SETTABLE))
    {
      privileges_will_go (call);
      call_ask (call, call_ask_attributes, take_attributes);
      return;
    }
  /* A write that has to be repeated must not undo a truncation that came after it, nor the times that were set. */
  unstable_conclude (call, is_kernels_cut (call, info) ? look_before_cut : go_on_setattr);
}

/* ---- readlink ---- */

static void
take_readlink (Call *self, int failure, gpointer result)
{
  READLINK3res *res = result;

  if (failure != 0)
    {
      call_reply_error (self, failure);
      return;
    }
  if (self->req != NULL)
    fuse_reply_readlink (self->req, res->READLINK3res_u.resok.data);
  call_free (self);
}

void
inode_readlink (fuse_req_t req, fuse_ino_t ino)
{
  Call *call = call_new (req, volume_get_node (fuse_req_userdata (req), ino), NULL);

  call_ask (call, call_ask_target, take_readlink);
}

/* ---- statfs ---- */

static int
ask_statfs (Call *self, Wire *wire)
{
  FSSTAT3args args = { node_handle (self->node) };

  return wire_ask (wire, &procedure_fsstat, &args, self);
}

static void
take_statfs (Call *self, int failure, gpointer result)
{
  FSSTAT3res *res = result;
  FSSTAT3resok *ok = res != NULL ? &res->FSSTAT3res_u.resok : NULL;

  if (failure != 0)
    {
      call_reply_error (self, failure);
      return;
    }

  struct statvfs space = {
    .f_bsize = STATFS_BLOCK,
    .f_frsize = STATFS_BLOCK,
    .f_blocks = ok->tbytes / STATFS_BLOCK,
    .f_bfree = ok->fbytes / STATFS_BLOCK,
    .f_bavail = ok->abytes / STATFS_BLOCK,
    .f_files = ok->tfiles,
    .f_ffree = ok->ffiles,
    .f_favail = ok->afiles,
    .f_namemax = NAME_MAX,
  };

  if (self->req != NULL)
    fuse_reply_statfs (self->req, &space);
  call_free (self);
}

void
inode_statfs (fuse_req_t req, fuse_ino_t ino)
{
  Volume *volume = fuse_req_userdata (req);
  Call *call = call_new (req, ino != 0 ? volume_get_node (volume, ino) : volume->root, NULL);

  call_ask (call, ask_statfs, take_statfs);
}

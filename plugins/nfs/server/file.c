/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>

#include "file-lock.h"
#include "known-end.h"
#include "operations.h"
#include "rights.h"
#include "unstable.h"

/* What goes to a file that is open for writing only cannot be read by it, and who opens the file next gets what the
 * server has: to put it into the kernel's cache on its way is a copy, and memory, for nothing. It is not for nothing
 * where somebody has the file open to read it. Past the cache the parts of one write come at the same time (aio(7)),
 * and where the end of the file has to be asked for they would all go there (append.c). And of a write to a file that
 * is setuid the kernel says more when it goes through its cache (privileges.c). */
static gboolean
is_direct (const Volume *volume, const Node *node, int flags)
{
  return volume->direct && (flags & (O_ACCMODE | O_APPEND)) == O_WRONLY && node->opens == node->direct
         && (node->mode & NODE_PRIVILEGES) == 0;
}

File *
file_new (const Call *call, Node *node, struct fuse_file_info *ret_info)
{
  Volume *volume = loop_get_volume (call->loop);
  File *self = g_new0 (File, 1);

  self->node = node_ref (node);
  self->identity = identity_ref (call->identity);
  g_mutex_lock (&node->lock);
  self->direct = is_direct (volume, node, call->flags);
  node->direct += (guint) self->direct;
  node->opens++;
  self->faults = node->faults;
  g_mutex_unlock (&node->lock);
  g_atomic_int_inc (&volume->open_files);
  ret_info->fh = (guint64) (gpointer) self;
  ret_info->direct_io = self->direct;
  return self;
}

gboolean
file_is_past_cache (const File *self, int flags)
{
  return self->direct || (flags & O_DIRECT);
}

void
file_close (File *self, Loop *loop)
{
  Node *node = self->node;

  g_mutex_lock (&node->lock);
  node->opens--;
  node->direct -= (guint) self->direct;
  g_mutex_unlock (&node->lock);
  g_atomic_int_dec_and_test (&loop_get_volume (loop)->open_files);
  removal_of_silly_name (loop, node, FALSE);
  identity_unref (self->identity);
  node_unref (node);
  g_free (self);
}

/* ---- open: the server is asked whether this user may, and what the file is like now ---- */

/* Whether the file is as it was when the kernel was told of it. */
static gboolean
is_unchanged (Node *node, const post_op_attr *now)
{
  gboolean same;

  g_mutex_lock (&node->lock);
  same = now->attributes_follow && node_was_told (node, &now->post_op_attr_u.attributes);
  g_mutex_unlock (&node->lock);
  return same;
}

static void
reply_opened (Call *self, gboolean keeps_cache)
{
  struct fuse_file_info info = { .keep_cache = keeps_cache };
  File *file = file_new (self, self->node, &info);

  if (fuse_reply_open (self->req, &info) != 0)
    file_close (file, self->loop);
  call_free (self);
}

/* What others may write as well. What the kernel has cached from before a change is let go of, and it asks again what
 * the file is like. Whom it has looked for once more already is not refused. */
static void
open_shared (Call *self, const post_op_attr *now)
{
  const pid_t pid = volume_was_sent (loop_get_volume (self->loop), self->pid) ? 0 : self->pid;
  KnownEnd end = known_end_check (self->node, now, self->sent, pid);
  gboolean same = end == KNOWN_END_RIGHT && is_unchanged (self->node, now);

  if (end == KNOWN_END_REFUSE)
    {
      call_reply_error (self, ESTALE);
      return;
    }
  if (!same)
    fuse_lowlevel_notify_inval_inode (loop_get_volume (self->loop)->session, (fuse_ino_t) (gpointer) self->node, -1, 0);
  reply_opened (self, same);
}

static void
take_access (Call *self, int failure, gpointer result)
{
  ACCESS3res *res = result;
  ACCESS3resok *ok = res != NULL ? &res->ACCESS3res_u.resok : NULL;

  if (failure == 0 && !rights_to_open (loop_get_volume (self->loop), self->flags, ok->access))
    failure = EACCES;
  if (failure != 0 || self->req == NULL)
    call_reply_error (self, failure);
  else if (loop_get_volume (self->loop)->settings->single_writer)
    reply_opened (self, TRUE);
  else
    open_shared (self, &ok->obj_attributes);
}

void
file_open (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
  Call *call = call_new (req, volume_get_node (fuse_req_userdata (req), ino), NULL);

  call->flags = info->flags;
  call_ask (call, rights_ask, take_access);
}

/* ---- write ---- */

/* The kernel itself asks for a commit after a write that is to last through its cache, but not past it, and not when
 * all are to. And it cuts the file after some that failed past it (known-end.c). */
static void
note_way (Call *call, File *file, int flags)
{
  if (loop_get_volume (call->loop)->settings->sync)
    call->file = file;
  if (!file_is_past_cache (file, flags))
    return;
  loop_note_deaf (call->loop, call);
  if (flags & O_DSYNC)
    call->file = file;
}

void
file_write (fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *data, off_t offset, struct fuse_file_info *info)
{
  const struct fuse_buf *from = &data->buf[0];
  File *file = file_get (info);
  Call *call = call_new (req, file->node, file->identity);

  call->data = from->mem;
  call->given_up = unstable_give_up;
  note_way (call, file, info->flags);
  call->offset = (guint64) offset;
  call->size = from->size;
  call->end = call->offset + call->size;
  append_write (call, info->flags);
}

int
file_take_fault (Call *self)
{
  File *file = self->file;
  Node *node = self->node;
  int failure = 0;

  /* Who does not wait may have closed the file. */
  if (self->req == NULL)
    return 0;
  g_mutex_lock (&node->lock);
  if (file->faults != node->faults)
    failure = node->fault;
  file->faults = node->faults;
  g_mutex_unlock (&node->lock);
  return failure;
}

static void
reply_committed (Call *self)
{
  call_reply_error (self, file_take_fault (self));
}

static Call *
commit_new (fuse_req_t req, struct fuse_file_info *info)
{
  File *file = file_get (info);
  Call *call = call_new (req, file->node, file->identity);

  call->file = file;
  return call;
}

static void
end_locks (Call *self)
{
  file_lock_end_flush (self, file_take_fault (self));
}

void
file_flush (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
  Call *call = commit_new (req, info);
  gboolean locks = loop_get_volume (call->loop)->locks != NULL;

  if (locks)
    file_lock_begin_flush (call, file_get (info), info->lock_owner);
  unstable_commit (call, locks ? end_locks : reply_committed);
}

void
file_fsync (fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info)
{
  unstable_commit (commit_new (req, info), reply_committed);
}

void
file_release (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
  Loop *loop = volume_get_loop (fuse_req_userdata (req));

  file_lock_release (loop, file_get (info));
  file_close (file_get (info), loop);
  fuse_reply_err (req, 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "making.h"
#include "operations.h"
#include "turn.h"

static diropargs3
where (Call *self)
{
  return (diropargs3){ node_handle (self->node), self->name };
}

/* ---- lookup ---- */

static void
reply_absent (fuse_req_t req)
{
  const Volume *volume = fuse_req_userdata (req);

  if (volume->absent_timeout > 0)
    fuse_reply_entry (req, &(struct fuse_entry_param){ .entry_timeout = volume->absent_timeout });
  else
    fuse_reply_err (req, ENOENT);
}

static void
take_lookup (Call *self, int failure, gpointer result)
{
  LOOKUP3res *res = result;
  LOOKUP3resok *ok = res != NULL ? &res->LOOKUP3res_u.resok : NULL;

  if (failure == 0)
    call_reply_entry (self, &ok->object, &ok->obj_attributes);
  else if (failure == ENOENT && self->req != NULL)
    {
      reply_absent (self->req);
      call_free (self);
    }
  else
    call_reply_error (self, failure);
}

void
name_lookup (fuse_req_t req, fuse_ino_t parent, const char *name)
{
  Volume *volume = fuse_req_userdata (req);
  const guint64 directory = volume_get_node (volume, parent)->generation;

  if (absent_say (volume->absent, directory, name, fuse_req_ctx (req)->pid, g_get_monotonic_time ()))
    reply_absent (req);
  else
    turn_ask (call_new_of_name (req, parent, name), call_ask_name, take_lookup);
}

/* ---- what makes something: the results of these procedures are laid out alike ---- */

G_STATIC_ASSERT (sizeof (MKDIR3res) == sizeof (CREATE3res) && sizeof (SYMLINK3res) == sizeof (CREATE3res)
                 && sizeof (MKNOD3res) == sizeof (CREATE3res));

static void
take_made (Call *self, int failure, gpointer result)
{
  CREATE3res *res = result;

  call_note_directory (self, self->node, failure == 0 ? &res->CREATE3res_u.resok.dir_wcc.after : NULL);
  making_end (self, failure);
  if (failure != 0)
    call_reply_error (self, failure);
  else
    call_reply_entry_of_name (self, &res->CREATE3res_u.resok.obj, &res->CREATE3res_u.resok.obj_attributes);
}

static void
take_made_directory (Call *self, int failure, gpointer result)
{
  const MKDIR3res *res = result;

  if (failure == 0 && res->MKDIR3res_u.resok.obj.handle_follows)
    making_end_of_directory (self, &res->MKDIR3res_u.resok.obj.post_op_fh3_u.handle);
  take_made (self, failure, result);
}

/* Asked twice, after a lost connection, a directory or a node that is there already may be our own or that of another
 * client. It stays an error: who makes a directory as a lock must never be told wrongly that he has it. */
static int
ask_mkdir (Call *self, Wire *wire)
{
  MKDIR3args args = { .where = where (self) };

  attributes_from_mode (self->attr.st_mode, &args.attributes);
  return wire_ask (wire, &procedure_mkdir, &args, self);
}

void
name_mkdir (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
  Call *call = call_new_of_name (req, parent, name);

  call->attr.st_mode = mode;
  making_note (call, name);
  turn_ask (call, ask_mkdir, take_made_directory);
}

static int
ask_mknod (Call *self, Wire *wire)
{
  MKNOD3args args = { .where = where (self) };
  mknoddata3 *what = &args.what;
  mode_t mode = self->attr.st_mode;

  if (S_ISREG (mode))
    {
      CREATE3args create = { .where = where (self), .how = { .mode = GUARDED } };

      attributes_from_mode (mode, &create.how.createhow3_u.g_obj_attributes);
      return wire_ask (wire, &procedure_create, &create, self);
    }
  what->type = S_ISCHR (mode) ? NF3CHR : S_ISBLK (mode) ? NF3BLK : S_ISSOCK (mode) ? NF3SOCK : NF3FIFO;
  if (S_ISCHR (mode) || S_ISBLK (mode))
    {
      attributes_from_mode (mode, &what->mknoddata3_u.chr_device.dev_attributes);
      what->mknoddata3_u.chr_device.spec = (specdata3){ major (self->attr.st_rdev), minor (self->attr.st_rdev) };
    }
  else
    attributes_from_mode (mode, &what->mknoddata3_u.pipe_attributes);
  return wire_ask (wire, &procedure_mknod, &args, self);
}

void
name_mknod (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
  Call *call = call_new_of_name (req, parent, name);

  call->attr.st_mode = mode;
  call->attr.st_rdev = rdev;
  making_note (call, name);
  turn_ask (call, ask_mknod, take_made);
}

/* ---- symlink ---- */

static int
ask_symlink (Call *self, Wire *wire)
{
  SYMLINK3args args = { .where = where (self), .symlink = { .symlink_data = self->text } };

  attributes_from_mode (0777, &args.symlink.symlink_attributes);
  return wire_ask (wire, &procedure_symlink, &args, self);
}

/* A link of another target is not the one that was asked for. */
static void
take_target (Call *self, int failure, gpointer result)
{
  READLINK3res *res = result;
  const post_op_attr unknown = { .attributes_follow = FALSE };
  nfs_fh3 handle = node_handle (self->other);

  if (failure == 0 && g_str_equal (res->READLINK3res_u.resok.data, self->text))
    call_reply_entry (self, &handle, &unknown);
  else
    call_reply_error (self, EEXIST);
}

static void
take_same_name (Call *self, int failure, gpointer result)
{
  LOOKUP3res *res = result;

  if (failure != 0 || !nodes_may_have (&res->LOOKUP3res_u.resok.object))
    {
      call_reply_error (self, EEXIST);
      return;
    }
  self->other = nodes_get (loop_get_volume (self->loop)->nodes, &res->LOOKUP3res_u.resok.object);
  call_ask (self, call_ask_target, take_target);
}

static void
take_symlink (Call *self, int failure, gpointer result)
{
  if (failure == EEXIST && call_count_lost (self) > 0)
    {
      call_note_directory (self, self->node, NULL);
      making_end (self, failure);
      call_ask (self, call_ask_name, take_same_name);
      return;
    }
  take_made (self, failure, result);
}

void
name_symlink (fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
  Call *call = call_new_of_name (req, parent, name);

  call->text = g_strdup (target);
  making_note (call, name);
  turn_ask (call, ask_symlink, take_symlink);
}

/* ---- link ---- */

static int
ask_link (Call *self, Wire *wire)
{
  LINK3args args = { .file = node_handle (self->other), .link = where (self) };

  return wire_ask (wire, &procedure_link, &args, self);
}

/* The question was asked twice, and the first one has been heard: the name is there because of it. */
static void
take_found (Call *self, int failure, gpointer result)
{
  LOOKUP3res *res = result;
  LOOKUP3resok *ok = res != NULL ? &res->LOOKUP3res_u.resok : NULL;

  if (failure == 0 && ok->object.data.data_len == self->other->length
      && memcmp (ok->object.data.data_val, self->other->handle, self->other->length) == 0)
    call_reply_entry (self, &ok->object, &ok->obj_attributes);
  else
    call_reply_error (self, EEXIST);
}

static void
take_link (Call *self, int failure, gpointer result)
{
  LINK3res *res = result;
  nfs_fh3 handle = node_handle (self->other);

  call_note_directory (self, self->node, failure == 0 ? &res->LINK3res_u.resok.linkdir_wcc.after : NULL);
  making_end (self, failure);
  if (failure == EEXIST && call_count_lost (self) > 0)
    call_ask (self, call_ask_name, take_found);
  else if (failure != 0)
    call_reply_error (self, failure);
  else
    call_reply_entry (self, &handle, &res->LINK3res_u.resok.file_attributes);
}

void
name_link (fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
  Call *call = call_new_of_name (req, parent, name);

  call->other = node_ref (volume_get_node (fuse_req_userdata (req), ino));
  making_note (call, name);
  turn_ask (call, ask_link, take_link);
}

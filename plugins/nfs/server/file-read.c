/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "known-end.h"
#include "operations.h"
#include "unstable.h"

static int
ask_read (Call *self, Wire *wire)
{
  READ3args args = { node_handle (self->node), self->offset + self->done, (count3) (self->size - self->done) };

  return wire_ask_read (wire, &args, self->request, self);
}

/* Whether the data are not in the answer. */
static gboolean
is_in_spout (const READ3resok *ok)
{
  return ok->data.data_val == NULL && ok->data.data_len > 0;
}

static void
note_end (const Call *self, gsize size)
{
  if (size < self->size)
    known_end_read (self->node, self->offset + size);
}

static void
reply_read (Call *self, const READ3resok *ok)
{
  const Volume *volume = loop_get_volume (self->loop);

  note_end (self, ok->data.data_len);
  if (self->req != NULL && is_in_spout (ok))
    {
      if (!spout_reply (loop_get_spout (self->loop), fuse_session_fd (volume->session)))
        {
          call_reply_error (self, EIO);
          return;
        }
      fuse_reply_none (self->req);
    }
  else if (self->req != NULL)
    fuse_reply_buf (self->req, ok->data.data_val, ok->data.data_len);
  call_free (self);
}

static void
keep_read (Call *self, const READ3resok *ok)
{
  char *to;

  if (self->memory == NULL)
    self->memory = g_malloc (self->size);
  to = (char *) self->memory + self->done;
  if (is_in_spout (ok))
    spout_read (loop_get_spout (self->loop), to, ok->data.data_len);
  else
    memcpy (to, ok->data.data_val, ok->data.data_len);
  self->done += ok->data.data_len;
}

/* Nothing, and not for the reason that there is no more: as the kernel's client has it (fs/nfs/read.c) that is no
 * answer, or who reads would take the rest of the file for gone. Some servers forget to say that it is the end. */
static gboolean
is_stuck (const Call *self, const READ3resok *ok)
{
  const post_op_attr *file = &ok->file_attributes;

  return ok->data.data_len == 0 && !ok->eof
         && !(file->attributes_follow && file->post_op_attr_u.attributes.size <= self->offset + self->done);
}

/* The end of the file, or all that was asked for; before that a server may answer in pieces. */
static void
take_read (Call *self, int failure, gpointer result)
{
  READ3res *res = result;
  READ3resok *ok = res != NULL ? &res->READ3res_u.resok : NULL;
  gsize count = failure == 0 ? ok->data.data_len : 0;

  /* More than there is room for. */
  if (count > self->size - self->done || (failure == 0 && is_stuck (self, ok)))
    failure = EIO;
  if (failure != 0)
    {
      call_reply_error (self, failure);
      return;
    }
  if (self->memory == NULL && (ok->eof || count == 0 || count == self->size))
    {
      reply_read (self, ok);
      return;
    }
  keep_read (self, ok);
  if (!ok->eof && count > 0 && self->done < self->size)
    {
      call_ask (self, ask_read, take_read);
      return;
    }
  note_end (self, self->done);
  if (self->req != NULL)
    fuse_reply_buf (self->req, self->memory, self->done);
  call_free (self);
}

static void
go_on_read (Call *self)
{
  if (unstable_may_read (self, go_on_read))
    call_ask (self, ask_read, take_read);
}

/* The same question as before. */
static void
read_again (Call *self)
{
  if (unstable_may_read (self, read_again))
    loop_take (self->loop, self);
}

void
file_read (fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
  File *file = file_get (info);
  Call *call = call_new (req, file->node, file->identity);

  call->offset = (guint64) offset;
  call->size = size;
  if (file_is_past_cache (file, info->flags))
    loop_note_deaf (call->loop, call);
  /* What is read there now may have been written and lost. */
  call->again = read_again;
  go_on_read (call);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces come as the network cut them, and each takes a place in the pipe. Where they are too small for that, an answer
 * is put together in memory as any other one is; the next ones are not tried at once then.
 *
 * libfuse's own way to hand on pages, fuse_reply_data(), takes one more pipe, and where the kernel does not take what
 * comes by it, it lets go of the data and of the request: who reads waits for ever then, and cannot be killed. */
#include "spout.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <unistd.h>

#include "answer.h"
#include "reply.h"

/* Answers, after one that filled the pipe. */
#define REST 64

void
spout_clear (Spout *self)
{
  page_pipe_close (&self->pipe);
}

static gboolean
read_head (READ3res *result, const guint8 head[SPOUT_HEAD])
{
  Answer answer = { .xdr = { .data = head, .left = SPOUT_HEAD } };
  guint32 xid;

  *result = (READ3res){ 0 };
  if (!nfs_reply_begin (&answer.xdr, &xid) || !answer_is_taken (&answer))
    return FALSE;
  answer_read_read_head (&answer, result);
  return result->status == NFS3_OK && !answer.xdr.broken && answer.xdr.left == 0;
}

/* As long as it says, and no longer than it may be. */
static gboolean
is_sound (const READ3resok *ok, gsize length, gsize asked)
{
  const gsize size = ok->data.data_len;

  return size >= PAGE_PIPE_WORTH && size <= asked && size == ok->count
         && length == SPOUT_HEAD + ((size + 3) & ~(gsize) 3);
}

/* Of what the kernel gets, which has no padding. */
static gsize
get_reply_size (const Spout *self)
{
  return sizeof (struct fuse_out_header) + self->result.READ3res_u.resok.data.data_len;
}

static gboolean
put_head (Spout *self, guint64 request)
{
  const struct fuse_out_header head = { .len = (guint32) get_reply_size (self), .unique = request };

  self->headed = write (self->pipe.ends[1], &head, sizeof head) == sizeof head;
  return self->headed;
}

gboolean
spout_begin (Spout *self, const guint8 head[SPOUT_HEAD], gsize length, gsize asked, guint64 request)
{
  if (!read_head (&self->result, head) || !is_sound (&self->result.READ3res_u.resok, length, asked))
    return FALSE;
  if (self->resting > 0)
    {
      self->resting--;
      return FALSE;
    }
  self->size = length - SPOUT_HEAD;
  self->come = 0;
  return self->size <= self->most && page_pipe_is_open (&self->pipe, self->most) && put_head (self, request);
}

/* The pipe is full, or urgent data are next, which no NFS server sends: splice(2) stops at them. */
static gboolean
is_stuck (const Spout *self, int socket)
{
  struct pollfd ends[] = { { .fd = self->pipe.ends[1], .events = POLLOUT }, { .fd = socket, .events = POLLPRI } };

  poll (ends, G_N_ELEMENTS (ends), 0);
  return !(ends[0].revents & POLLOUT) || (ends[1].revents & POLLPRI);
}

gssize
spout_receive (Spout *self, int socket)
{
  gssize n = splice (socket, NULL, self->pipe.ends[1], NULL, self->size - self->come, SPLICE_F_NONBLOCK);

  if (n < 0)
    return errno == EAGAIN && is_stuck (self, socket) ? -ENOBUFS : -errno;
  self->come += (gsize) n;
  return n;
}

gboolean
spout_has_all (const Spout *self)
{
  return self->come == self->size;
}

void
spout_give_up (Spout *self, char *to)
{
  spout_read (self, to, self->come);
  self->resting = REST;
}

void
spout_read (Spout *self, char *to, gsize size)
{
  struct fuse_out_header head;

  if (self->headed)
    page_pipe_read (&self->pipe, &head, sizeof head);
  self->headed = FALSE;
  page_pipe_read (&self->pipe, to, size);
}

/* The kernel takes all of an answer or nothing. ENOENT: who asked has gone. */
static gboolean
is_over (gssize taken, gsize size)
{
  return taken == (gssize) size || (taken < 0 && errno == ENOENT);
}

/* Some of it may have left the pipe before the kernel found that it cannot take it. */
static gboolean
reply_copied (Spout *self, int fuse)
{
  const gsize size = get_reply_size (self);
  g_autofree char *reply = g_try_malloc (size);

  return reply != NULL && read (self->pipe.ends[0], reply, size) == (gssize) size
         && is_over (write (fuse, reply, size), size);
}

gboolean
spout_reply (Spout *self, int fuse)
{
  const gsize size = get_reply_size (self);

  self->headed = FALSE;
  return is_over (splice (self->pipe.ends[0], NULL, fuse, NULL, size, 0), size) || reply_copied (self, fuse);
}

void
spout_drain (Spout *self)
{
  if (self->pipe.ends[0] >= 0)
    page_pipe_drain (&self->pipe);
  self->headed = FALSE;
}

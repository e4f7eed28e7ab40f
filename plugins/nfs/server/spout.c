/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces come as the network cut them, and each takes a place in the pipe. Where they are too small for that, an answer
 * is put together in memory as any other one is; the next ones are not tried at once then. */
#include "spout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "answer.h"

/* Answers, after one that filled the pipe. */
#define REST 64

void
spout_clear (Spout *self)
{
  page_pipe_close (self->pipe);
}

/* libfuse puts its own head before the data, in another pipe of that length, and would copy them without a word if it
 * could not have it. */
static gboolean
is_open (Spout *self)
{
  int other[2] = PAGE_PIPE_CLOSED;

  if (self->pipe[0] >= 0)
    return TRUE;
  if (self->useless)
    return FALSE;
  self->useless = !page_pipe_open (self->pipe, self->most) || !page_pipe_open (other, self->most);
  page_pipe_close (other);
  if (self->useless)
    spout_clear (self);
  return !self->useless;
}

static gboolean
read_head (READ3res *result, const guint8 head[SPOUT_HEAD])
{
  Answer answer = { .xdr = { .data = head, .left = SPOUT_HEAD } };

  *result = (READ3res){ 0 };
  nfs_xdr_get (&answer.xdr); /* whose answer it is */
  if (nfs_xdr_get (&answer.xdr) != REPLY || !answer_is_taken (&answer))
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

gboolean
spout_begin (Spout *self, const guint8 head[SPOUT_HEAD], gsize length, gsize asked)
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
  return self->size <= self->most && is_open (self);
}

/* The pipe is full, or urgent data are next, which no NFS server sends: splice(2) stops at them. */
static gboolean
is_stuck (const Spout *self, int socket)
{
  struct pollfd ends[] = { { .fd = self->pipe[1], .events = POLLOUT }, { .fd = socket, .events = POLLPRI } };

  poll (ends, G_N_ELEMENTS (ends), 0);
  return !(ends[0].revents & POLLOUT) || (ends[1].revents & POLLPRI);
}

gssize
spout_receive (Spout *self, int socket)
{
  gssize n = splice (socket, NULL, self->pipe[1], NULL, self->size - self->come, SPLICE_F_NONBLOCK);

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
  page_pipe_read (self->pipe, to, size);
}

struct fuse_bufvec
spout_lend (const Spout *self, gsize size)
{
  struct fuse_bufvec data = FUSE_BUFVEC_INIT (size);

  data.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_RETRY;
  data.buf[0].fd = self->pipe[0];
  return data;
}

void
spout_drain (Spout *self)
{
  if (self->pipe[0] >= 0)
    page_pipe_drain (self->pipe);
}

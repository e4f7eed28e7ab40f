/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages are the kernel's cache of the file; of a write past it they are the kernel's copy, or before Linux 5.17 the
 * writer's own. Somebody may write to them while they pass, and what is kept may be newer then than what was sent. That
 * is no more than two writes at the same time can do, and the second one is sent as well. */
#include "sluice.h"

#include <errno.h>
#include <fcntl.h>

void
sluice_clear (Sluice *self)
{
  page_pipe_close (&self->pipe);
  page_pipe_close (&self->copy);
}

static gboolean
is_open (Sluice *self, gsize most)
{
  if (page_pipe_is_open (&self->pipe, most) && page_pipe_is_open (&self->copy, most))
    return TRUE;
  page_pipe_give_up (&self->pipe);
  return FALSE;
}

gssize
sluice_receive (Sluice *self, int fd, gsize most, struct fuse_buf *ret_request)
{
  gssize n;

  if (!is_open (self, most))
    return -ENOSYS;
  n = splice (fd, NULL, self->pipe.ends[1], NULL, 2 * most, SPLICE_F_MOVE);
  *ret_request = (struct fuse_buf){ .size = (gsize) MAX (n, 0), .flags = FUSE_BUF_IS_FD, .fd = self->pipe.ends[0] };
  if (n >= 0)
    return n;
  if (errno == EAGAIN || errno == EINTR || errno == ENOENT)
    return 0;
  return errno == ENODEV ? -ENODEV : -ENOSYS;
}

void
sluice_read (Sluice *self, char *to, gsize size)
{
  page_pipe_read (&self->pipe, to, size);
}

void
sluice_drain (Sluice *self)
{
  page_pipe_drain (&self->pipe);
}

gboolean
sluice_begin (Sluice *self, char *to, gsize size)
{
  if (tee (self->pipe.ends[0], self->copy.ends[1], size, SPLICE_F_NONBLOCK) != (gssize) size)
    {
      page_pipe_drain (&self->copy);
      return FALSE;
    }
  self->base = to;
  self->size = size;
  self->poured = 0;
  return TRUE;
}

gsize
sluice_pour (Sluice *self, const char *from, gsize size, int socket)
{
  gsize poured = 0;

  while (self->base + self->poured == from + poured && poured < size)
    {
      gssize n = splice (self->pipe.ends[0], NULL, socket, NULL, size - poured, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

      if (n <= 0)
        break;
      self->poured += (gsize) n;
      poured += (gsize) n;
    }
  return poured;
}

void
sluice_end (Sluice *self)
{
  char *base = g_steal_pointer (&self->base);

  page_pipe_read (&self->copy, base, self->size);
  /* What was not poured has to leave the pipe, and is the same. */
  page_pipe_read (&self->pipe, base + self->poured, self->size - self->poured);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages are the kernel's cache, or the writer's own: somebody may write to them while they pass, and what is kept
 * may be newer then than what was sent. That is no more than two writes at the same time can do, and the second one is
 * sent as well. */
#include "sluice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static gboolean
open_pipe (int ends[2], gsize most)
{
  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) < 0)
    return FALSE;
  return fcntl (ends[0], F_SETPIPE_SZ, (int) most) >= (int) most;
}

static void
close_pipe (int ends[2])
{
  for (int i = 0; i < 2; i++)
    if (ends[i] >= 0)
      close (ends[i]);
  ends[0] = ends[1] = -1;
}

void
sluice_clear (Sluice *self)
{
  close_pipe (self->pipe);
  close_pipe (self->copy);
}

/* One page of a request takes one place in a pipe, however little is in it; a pipe has as many as its size has pages,
 * and the largest request fills no more than half of them. */
static gboolean
is_open (Sluice *self, gsize most)
{
  if (self->pipe[0] >= 0)
    return TRUE;
  if (self->useless)
    return FALSE;
  self->useless = !open_pipe (self->pipe, 2 * most) || !open_pipe (self->copy, 2 * most);
  if (self->useless)
    sluice_clear (self);
  return !self->useless;
}

gssize
sluice_receive (Sluice *self, int fd, gsize most, struct fuse_buf *ret_request)
{
  gssize n;

  if (!is_open (self, most))
    return -ENOSYS;
  n = splice (fd, NULL, self->pipe[1], NULL, 2 * most, SPLICE_F_MOVE);
  *ret_request = (struct fuse_buf){ .size = (gsize) MAX (n, 0), .flags = FUSE_BUF_IS_FD, .fd = self->pipe[0] };
  if (n >= 0)
    return n;
  return errno == EAGAIN || errno == EINTR || errno == ENOENT ? 0 : -errno;
}

/* They are in the pipe, so they can be read. */
static void
read_all (int fd, char *to, gsize size)
{
  while (size > 0)
    {
      gssize n = read (fd, to, size);

      if (n <= 0)
        g_error ("what is in a pipe cannot be read: %s", g_strerror (errno));
      to += n;
      size -= (gsize) n;
    }
}

void
sluice_read (Sluice *self, char *to, gsize size)
{
  read_all (self->pipe[0], to, size);
}

static void
drain (int fd)
{
  char rest[4096];

  while (read (fd, rest, sizeof rest) > 0)
    continue;
}

void
sluice_drain (Sluice *self)
{
  drain (self->pipe[0]);
}

gboolean
sluice_begin (Sluice *self, char *to, gsize size)
{
  if (tee (self->pipe[0], self->copy[1], size, SPLICE_F_NONBLOCK) != (gssize) size)
    {
      drain (self->copy[0]);
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
      gssize n = splice (self->pipe[0], NULL, socket, NULL, size - poured, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

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

  read_all (self->copy[0], base, self->size);
  /* What was not poured has to leave the pipe, and is the same. */
  read_all (self->pipe[0], base + self->poured, self->size - self->poured);
}

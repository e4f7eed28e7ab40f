/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket that takes only a part leaves the rest in the pipe, and that is what it gets next: each connection has a
 * sluice of its own, which ends with it and whatever is left in there. What goes wrong moves nothing, so that what was
 * in the pipe then can be sent by copying it. */
#include "sluice.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

#include "operations.h"

gboolean
sluice_is_open (Sluice *self)
{
  return page_pipe_is_open (&self->pipe, OPERATIONS_TRANSFER_MAX);
}

void
sluice_close (Sluice *self)
{
  page_pipe_close (&self->pipe);
}

static gssize
give_up (Sluice *self)
{
  page_pipe_give_up (&self->pipe);
  return -ENOSYS;
}

/* Of the pipe's places data that do not begin a page may take one more than there are: the rest is lent afterwards. */
static gboolean
fill (Sluice *self, const char *from, gsize size)
{
  const struct iovec pages = { (char *) (gpointer) from, size };
  const gssize n = vmsplice (self->pipe.ends[1], &pages, 1, SPLICE_F_NONBLOCK);

  if (n > 0)
    self->held = (gsize) n;
  return n > 0;
}

gssize
sluice_pour (Sluice *self, const char *from, gsize size, int socket)
{
  gssize n;

  if (!sluice_is_open (self) || (self->held == 0 && !fill (self, from, size)))
    return give_up (self);
  n = splice (self->pipe.ends[0], NULL, socket, NULL, self->held, SPLICE_F_NONBLOCK);
  if (n > 0)
    self->held -= (gsize) n;
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
    return n > 0 ? n : -errno;
  return give_up (self);
}

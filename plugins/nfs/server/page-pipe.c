/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page-pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void
page_pipe_close (PagePipe *self)
{
  for (int i = 0; i < 2; i++)
    if (self->ends[i] >= 0)
      close (self->ends[i]);
  self->ends[0] = self->ends[1] = -1;
}

void
page_pipe_give_up (PagePipe *self)
{
  page_pipe_close (self);
  self->useless = TRUE;
}

/* Who has no privilege may have none that is longer, unless that was changed (/proc/sys/fs/pipe-max-size). */
#define LONGEST (1024u * 1024)

/* A part of a page takes a whole place in a pipe, however little is in it; a pipe has as many as its size has pages, so
 * what begins and ends somewhere is taken best by one that is twice as long, if that may be had. */
static int
get_best_size (gsize most)
{
  return (int) CLAMP (LONGEST, most, 2 * most);
}

static gboolean
open_pipe (int ends[2], gsize most)
{
  const int size = get_best_size (most);

  return pipe2 (ends, O_CLOEXEC | O_NONBLOCK) == 0 && fcntl (ends[0], F_SETPIPE_SZ, size) >= size;
}

gboolean
page_pipe_is_open (PagePipe *self, gsize most)
{
  if (self->ends[0] < 0 && !self->useless && !open_pipe (self->ends, most))
    page_pipe_give_up (self);
  return !self->useless;
}

void
page_pipe_read (const PagePipe *self, void *to, gsize size)
{
  char *at = to;

  while (size > 0)
    {
      gssize n = read (self->ends[0], at, size);

      if (n <= 0)
        g_error ("what is in a pipe cannot be read: %s", g_strerror (errno));
      at += n;
      size -= (gsize) n;
    }
}

void
page_pipe_drain (const PagePipe *self)
{
  char rest[4096];

  while (read (self->ends[0], rest, sizeof rest) > 0)
    continue;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page-pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A part of a page takes a whole place in a pipe, however little is in it; a pipe has as many as its size has pages, so
 * what begins and ends somewhere fills no more than half of them. */
gboolean
page_pipe_open (int ends[2], gsize most)
{
  const int size = (int) (2 * most);

  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) == 0 && fcntl (ends[0], F_SETPIPE_SZ, size) >= size)
    return TRUE;
  page_pipe_close (ends);
  return FALSE;
}

void
page_pipe_close (int ends[2])
{
  for (int i = 0; i < 2; i++)
    if (ends[i] >= 0)
      close (ends[i]);
  ends[0] = ends[1] = -1;
}

void
page_pipe_read (const int ends[2], char *to, gsize size)
{
  while (size > 0)
    {
      gssize n = read (ends[0], to, size);

      if (n <= 0)
        g_error ("what is in a pipe cannot be read: %s", g_strerror (errno));
      to += n;
      size -= (gsize) n;
    }
}

void
page_pipe_drain (const int ends[2])
{
  char rest[4096];

  while (read (ends[0], rest, sizeof rest) > 0)
    continue;
}

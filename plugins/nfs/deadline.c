/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deadline.h"

#include <errno.h>

NfsDeadline
nfs_deadline_after (gint64 usec, GCancellable *cancellable)
{
  return (NfsDeadline){ .end = g_get_monotonic_time () + usec, .cancellable = cancellable };
}

guint
nfs_deadline_get_left (const NfsDeadline *self, gint64 until)
{
  gint64 left = MIN (until, self->end) - g_get_monotonic_time ();

  /* Rounded up, so that nobody turns in circles through the last millisecond. */
  return left > 0 ? (guint) ((left + 999) / 1000) : 0;
}

NfsWait
nfs_deadline_await (const NfsDeadline *self, int fd, gushort events, gint64 until, GError **error)
{
  GPollFD fds[2] = { { .fd = fd, .events = events } };
  gboolean watched = g_cancellable_make_pollfd (self->cancellable, &fds[1]);
  int n_ready;

  do
    n_ready = g_poll (fds, watched ? 2 : 1, (int) nfs_deadline_get_left (self, until));
  while (n_ready < 0 && errno == EINTR);
  if (watched)
    g_cancellable_release_fd (self->cancellable);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return NFS_WAIT_FAILED;
  return n_ready > 0 && fds[0].revents != 0 ? NFS_WAIT_READY : NFS_WAIT_LATE;
}

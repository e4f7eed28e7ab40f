/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/await.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "sys/error.h"

/* What is left until @deadline_usec, for ppoll; NULL: for ever. */
static const struct timespec *
time_left (gint64 deadline_usec, struct timespec *room)
{
  gint64 left = MAX (deadline_usec - g_get_monotonic_time (), 0);

  if (deadline_usec < 0)
    return NULL;
  *room = (struct timespec){ left / G_USEC_PER_SEC, (left % G_USEC_PER_SEC) * 1000 };
  return room;
}

/* Repeats after a signal; the deadline is a moment, so that no signal puts it off. */
static int
poll_until (struct pollfd *polled, nfds_t n_polled, gint64 deadline_usec)
{
  struct timespec room;
  int result;

  do
    result = ppoll (polled, n_polled, time_left (deadline_usec, &room), NULL);
  while (result < 0 && errno == EINTR);
  return result;
}

int
sys_await (const int *fds, guint n_fds, gint64 deadline_usec, GCancellable *cancellable, GError **error)
{
  struct pollfd polled[SYS_AWAIT_MAX + 1];
  GPollFD cancel = { .fd = -1 };
  int ready = 0;
  int result;

  g_assert (n_fds <= SYS_AWAIT_MAX);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  for (guint i = 0; i < n_fds; i++)
    polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
  if (g_cancellable_make_pollfd (cancellable, &cancel))
    {
      polled[n_fds] = (struct pollfd){ .fd = cancel.fd, .events = POLLIN };
      result = poll_until (polled, n_fds + 1, deadline_usec);
      g_cancellable_release_fd (cancellable);
    }
  else
    result = poll_until (polled, n_fds, deadline_usec);

  if (result < 0)
    return sys_throw_fd (error, "wait for a child process");
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  for (guint i = 0; i < n_fds; i++)
    if (polled[i].revents != 0)
      ready |= 1 << i;
  return ready;
}

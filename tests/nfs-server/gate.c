/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#define QUEUE 16

struct NfsGate
{
  NfsServer *server;
  guint guest;
  guint n_guests;
  gboolean frozen;
  int end; /* closed when the gate is to be */
  GThread *thread;
  GArray *fds; /* (element-type struct pollfd): the end, the gate, and pairs of a guest and its way to the server */
};

static struct sockaddr_in
address_of (guint16 port)
{
  return (struct sockaddr_in){ .sin_family = AF_INET,
                               .sin_port = htons (port),
                               .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
}

static void
watch (NfsGate *self, int fd)
{
  const struct pollfd watched = { .fd = fd, .events = POLLIN };

  g_array_append_val (self->fds, watched);
}

static int
fd_at (const NfsGate *self, guint i)
{
  return g_array_index (self->fds, struct pollfd, i).fd;
}

static void
let_in (NfsGate *self)
{
  const struct sockaddr_in address = address_of (NFS_PORT);
  const int guest = accept4 (fd_at (self, 1), NULL, NULL, SOCK_CLOEXEC);
  const int way = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (++self->n_guests == self->guest)
    {
      if (self->server != NULL)
        self->frozen = nfs_server_freeze (self->server, NULL);
      else
        shutdown (guest, SHUT_RDWR);
    }
  /* The kernel takes connections for a server that is frozen. */
  (void) !connect (way, (const struct sockaddr *) &address, sizeof address);
  watch (self, guest);
  watch (self, way);
}

/* FALSE at its end. */
static gboolean
pass_on (int from, int to)
{
  char buffer[16384];
  const ssize_t n = read (from, buffer, sizeof buffer);

  return n > 0 && send (to, buffer, n, MSG_NOSIGNAL) == n;
}

static gpointer
serve (gpointer data)
{
  NfsGate *self = data;

  while (poll ((struct pollfd *) (gpointer) self->fds->data, self->fds->len, -1) > 0
         && g_array_index (self->fds, struct pollfd, 0).revents == 0)
    {
      for (guint i = self->fds->len - 1; i > 1; i--)
        {
          /* A guest has an even place, and its way the next one. */
          const guint first = i & ~1u;

          if (g_array_index (self->fds, struct pollfd, i).revents == 0
              || pass_on (fd_at (self, i), fd_at (self, i ^ 1)))
            continue;
          close (fd_at (self, first));
          close (fd_at (self, first + 1));
          g_array_remove_range (self->fds, first, 2);
          i = first;
        }
      if (g_array_index (self->fds, struct pollfd, 1).revents != 0)
        let_in (self);
    }
  for (guint i = 0; i < self->fds->len; i++)
    close (fd_at (self, i));
  return NULL;
}

static int
listen_at (guint16 port, GError **error)
{
  const struct sockaddr_in address = address_of (port);
  const int on = 1;
  KVOL_AUTO_FD fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
      && bind (fd, (const struct sockaddr *) &address, sizeof address) == 0 && listen (fd, QUEUE) == 0)
    return g_steal_fd (&fd);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "listen on port %u: %s", port, g_strerror (errno));
  return -1;
}

NfsGate *
nfs_gate_open (guint16 port, NfsServer *server, guint guest, GError **error)
{
  const int gate = listen_at (port, error);
  NfsGate *self;
  int ends[2];

  if (gate < 0)
    return NULL;
  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    return close (gate), NULL;
  self = g_new0 (NfsGate, 1);
  *self = (NfsGate){ .server = server, .guest = guest, .end = ends[1] };
  self->fds = g_array_new (FALSE, FALSE, sizeof (struct pollfd));
  watch (self, ends[0]);
  watch (self, gate);
  self->thread = g_thread_new ("gate", serve, self);
  return self;
}

gboolean
nfs_gate_close (NfsGate *self)
{
  gboolean frozen;

  close (self->end);
  g_thread_join (self->thread);
  frozen = self->frozen;
  g_array_unref (self->fds);
  g_free (self);
  return frozen;
}

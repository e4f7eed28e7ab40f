/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets are made here and passed on in systemd's way, which rpcbind knows: a registration that comes before the
 * program is up waits in the queue. */
#include "nfs-server/program/portmapper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/program/answer.h"
#include "nfs-server/program/process.h"

#define PORTMAPPER_SOCKET "/run/rpcbind.sock"
#define PORTMAPPER_PORT 111
#define PORTMAPPER_QUEUE 64

static int throw (GError * *error, const char *act)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", act, g_strerror (code));
  return -1;
}

static int
listen_locally (GError **error)
{
  const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PORTMAPPER_SOCKET };
  KVOL_AUTO_FD fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  unlink (PORTMAPPER_SOCKET);
  if (fd < 0 || bind (fd, (const struct sockaddr *) &address, sizeof address) < 0 || listen (fd, PORTMAPPER_QUEUE) < 0)
    return throw (error, "listen on " PORTMAPPER_SOCKET);
  return g_steal_fd (&fd);
}

static int
listen_on_port (int family, int type, GError **error)
{
  const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons (PORTMAPPER_PORT) };
  const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons (PORTMAPPER_PORT) };
  const struct sockaddr *address = family == AF_INET ? (const struct sockaddr *) &v4 : (const struct sockaddr *) &v6;
  const socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6;
  const int on = 1;
  KVOL_AUTO_FD fd = socket (family, type | SOCK_CLOEXEC, 0);

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
      || (family == AF_INET6 && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
      || bind (fd, address, size) < 0 || (type == SOCK_STREAM && listen (fd, PORTMAPPER_QUEUE) < 0))
    return throw (error, "listen on port 111");
  return g_steal_fd (&fd);
}

pid_t
portmapper_start (int log, GError **error)
{
  static const char *const argv[] = { PORTMAPPER_PROGRAM, "-f", NULL };
  KVOL_AUTO_FD local = listen_locally (error);
  KVOL_AUTO_FD tcp = local < 0 ? -1 : listen_on_port (AF_INET, SOCK_STREAM, error);
  KVOL_AUTO_FD udp = tcp < 0 ? -1 : listen_on_port (AF_INET, SOCK_DGRAM, error);
  /* A machine may have no IPv6. */
  KVOL_AUTO_FD tcp6 = udp < 0 ? -1 : listen_on_port (AF_INET6, SOCK_STREAM, NULL);
  KVOL_AUTO_FD udp6 = tcp6 < 0 ? -1 : listen_on_port (AF_INET6, SOCK_DGRAM, NULL);
  const int passed[] = { local, tcp, udp, tcp6, udp6, -1 };

  return udp < 0 ? -1 : process_start (argv, log, passed, error);
}

static void
agree (gconstpointer data)
{
  answer_all (GPOINTER_TO_INT (data), NULL);
}

pid_t
portmapper_start_mute (GError **error)
{
  KVOL_AUTO_FD fd = listen_locally (error);

  return fd < 0 ? -1 : process_fork (agree, GINT_TO_POINTER (fd), error);
}

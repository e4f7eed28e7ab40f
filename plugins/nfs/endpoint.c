/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "cause.h"

/* What servers with "secure" exports ask for; below 600 are the ports of services (bindresvport(3)). */
#define RESERVED_MIN 600
#define RESERVED_MAX 1023

/* TCP doubles the time between its attempts, up to two minutes; Linux 6.15 and later can be told to keep it short. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#define RETRY_MSEC 1500
/* So many of them have been in vain when it is time for another connection: three seconds, or more on a slow line. */
#define SILENT_TIMES 4
/* When there is nothing to send it is asked whether the peer is still there. One that has started again says at once
 * that it does not know the connection; one that says nothing is given up after 25 seconds. */
#define ALIVE_IDLE_SECONDS 2
#define ALIVE_INTERVAL_SECONDS 1
#define ALIVE_COUNT 23

static in_port_t *
get_port (struct sockaddr_storage *address)
{
  if (address->ss_family == AF_INET6)
    return &((struct sockaddr_in6 *) address)->sin6_port;
  return &((struct sockaddr_in *) address)->sin_port;
}

gboolean
nfs_endpoint_read (NfsEndpoint *self, const char *text)
{
  const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
  struct addrinfo *list = NULL;

  if (getaddrinfo (text, NULL, &hints, &list) != 0)
    return FALSE;
  *self = (NfsEndpoint){ .length = list->ai_addrlen };
  memcpy (&self->address, list->ai_addr, list->ai_addrlen);
  freeaddrinfo (list);
  return TRUE;
}

gboolean
nfs_endpoint_is_same (const NfsEndpoint *self, const NfsEndpoint *other)
{
  return self->length == other->length && memcmp (&self->address, &other->address, self->length) == 0;
}

char *
nfs_endpoint_dup_address (const NfsEndpoint *self)
{
  char text[NI_MAXHOST] = "";

  /* A zone ("fe80::1%eth0") is part of it. */
  getnameinfo ((const struct sockaddr *) &self->address, self->length, text, sizeof text, NULL, 0, NI_NUMERICHOST);
  return g_strdup (text);
}

char *
nfs_endpoint_to_string (const NfsEndpoint *self, int port)
{
  g_autofree char *address = nfs_endpoint_dup_address (self);

  return g_strdup_printf (self->address.ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d", address, port);
}

/* Without the right to such a port, or without a free one, the kernel picks any: most servers do not mind. */
static void
bind_reserved (int fd, sa_family_t family)
{
  const int n_ports = RESERVED_MAX - RESERVED_MIN + 1;
  int first = g_random_int_range (0, n_ports);

  for (int i = 0; i < n_ports; i++)
    {
      struct sockaddr_storage any = { .ss_family = family };
      socklen_t length = family == AF_INET6 ? sizeof (struct sockaddr_in6) : sizeof (struct sockaddr_in);

      *get_port (&any) = htons ((guint16) (RESERVED_MIN + (first + i) % n_ports));
      if (bind (fd, (struct sockaddr *) &any, length) == 0 || errno != EADDRINUSE)
        return;
    }
}

static gboolean
throw_connect (GError **error, int number, const char *where)
{
  if (number == ECONNREFUSED)
    return nfs_cause_throw (error, NFS_CONNECTION_REFUSED, "%s refuses connections", where);
  if (number == ETIMEDOUT)
    return nfs_cause_throw (error, NFS_CONNECT_TIMEOUT, "%s did not take a connection in time", where);
  return nfs_cause_throw (error, NFS_UNREACHABLE, "%s cannot be reached: %s", where, g_strerror (number));
}

int
nfs_endpoint_begin (const NfsEndpoint *self, int port, gboolean reserved)
{
  struct sockaddr_storage address = self->address;
  const int retry = RETRY_MSEC;
  KVOL_AUTO_FD fd = socket (address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return -1;
  if (reserved)
    bind_reserved (fd, address.ss_family);
  setsockopt (fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &retry, sizeof retry);
  *get_port (&address) = htons ((guint16) port);
  if (connect (fd, (struct sockaddr *) &address, self->length) == 0 || errno == EINPROGRESS || errno == EINTR)
    return g_steal_fd (&fd);
  return -1;
}

int
nfs_endpoint_get_outcome (int fd)
{
  int number = 0;
  socklen_t length = sizeof number;

  return getsockopt (fd, SOL_SOCKET, SO_ERROR, &number, &length) == 0 ? number : errno;
}

void
nfs_endpoint_keep_alive (int fd)
{
  static const struct
  {
    int level;
    int option;
    int value;
  } options[] = {
    { SOL_SOCKET, SO_KEEPALIVE, 1 },
    { IPPROTO_TCP, TCP_KEEPIDLE, ALIVE_IDLE_SECONDS },
    { IPPROTO_TCP, TCP_KEEPINTVL, ALIVE_INTERVAL_SECONDS },
    { IPPROTO_TCP, TCP_KEEPCNT, ALIVE_COUNT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (setsockopt (fd, options[i].level, options[i].option, &options[i].value, sizeof options[i].value) < 0)
      g_debug ("a connection that nobody uses is not looked after");
}

/* What is acknowledged is not sent again, and what there is no room for is not sent: then the peer is only probed, and
 * answers that, if it is there. */
gboolean
nfs_endpoint_is_silent (int fd)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  return getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
         && MAX (info.tcpi_retransmits, info.tcpi_probes) >= SILENT_TIMES;
}

static int
connect_one (const NfsEndpoint *self, int port, gboolean reserved, const NfsDeadline *deadline, gint64 until,
             GError **error)
{
  g_autofree char *where = nfs_endpoint_to_string (self, port);
  KVOL_AUTO_FD fd = nfs_endpoint_begin (self, port, reserved);
  int number = fd < 0 ? errno : 0;
  NfsWait wait = NFS_WAIT_READY;

  if (fd >= 0)
    {
      wait = nfs_deadline_await (deadline, fd, G_IO_OUT, until, error);
      number = wait == NFS_WAIT_READY ? nfs_endpoint_get_outcome (fd) : ETIMEDOUT;
    }
  if (number == 0)
    return g_steal_fd (&fd);
  if (wait != NFS_WAIT_FAILED)
    throw_connect (error, number, where);
  return -1;
}

int
nfs_endpoint_connect (GArray *endpoints, int port, gboolean reserved, const NfsDeadline *deadline, GError **error)
{
  g_autoptr (GError) telling = NULL;

  for (guint i = 0; i < endpoints->len; i++)
    {
      const NfsEndpoint endpoint = g_array_index (endpoints, NfsEndpoint, i);
      gint64 now = g_get_monotonic_time ();
      gint64 until = now + (deadline->end - now) / (endpoints->len - i);
      g_autoptr (GError) failure = NULL;
      int fd = connect_one (&endpoint, port, reserved, deadline, until, &failure);

      if (fd >= 0)
        {
          g_array_set_size (endpoints, 0);
          g_array_append_val (endpoints, endpoint);
          return fd;
        }
      if (failure->domain != NFS_CAUSE)
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return -1;
        }
      /* That a node without IPv6 cannot reach the server's IPv6 address says less than what the other one did. */
      if (telling == NULL || telling->code == NFS_UNREACHABLE)
        {
          g_clear_error (&telling);
          telling = g_steal_pointer (&failure);
        }
    }
  g_propagate_error (error, g_steal_pointer (&telling));
  return -1;
}

gboolean
nfs_endpoint_is_reserved (int fd)
{
  struct sockaddr_storage own = { 0 };
  socklen_t length = sizeof own;

  return getsockname (fd, (struct sockaddr *) &own, &length) == 0 && ntohs (*get_port (&own)) <= RESERVED_MAX;
}

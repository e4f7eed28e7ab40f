/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#define QUEUE 16

int
door_open (guint16 port)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (port),
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  const int on = 1;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_true (fd >= 0);
  assert_int_equal (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  assert_int_equal (bind (fd, (const struct sockaddr *) &address, sizeof address), 0);
  assert_int_equal (listen (fd, QUEUE), 0);
  return fd;
}

gboolean
door_send (int guest, gconstpointer data, gsize length)
{
  gsize sent = 0;

  while (sent < length)
    {
      ssize_t n = send (guest, (const char *) data + sent, length - sent, MSG_NOSIGNAL);

      if (n <= 0)
        return FALSE;
      sent += (gsize) n;
    }
  return TRUE;
}

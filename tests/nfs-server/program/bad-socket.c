/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel accepts connections as long as the queue has room; then it drops each SYN, and the client sends it again
 * and again. So a black hole is a long queue that nobody looks at, and a full one has no room from the beginning. */
#include "nfs-server/program/bad-socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#define LONG_QUEUE 128
/* As many as fit beside a queue of length 0, and some that do not. */
#define FILLERS 4
/* Any call is longer. */
#define TCP_HEAD_MAX 60

static int throw (GError * *error, const char *act)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", act, g_strerror (code));
  return -1;
}

/* The first two are accepted by the kernel; when one is not, at once, the queue is full. */
static gboolean
fill_queue (const struct sockaddr_in *address)
{
  for (int i = 0; i < FILLERS; i++)
    {
      const int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

      /* Left open: it is what fills the queue. */
      if (fd < 0 || (connect (fd, (const struct sockaddr *) address, sizeof *address) < 0 && errno != EINPROGRESS))
        return FALSE;
    }
  return TRUE;
}

/* Those that connect have it, too. */
static gboolean
drop_what_is_said (int fd)
{
  struct sock_filter steps[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_LEN, 0),
    BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, TCP_HEAD_MAX, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, 0),
    BPF_STMT (BPF_RET | BPF_K, G_MAXUINT32),
  };
  const struct sock_fprog program = { .len = G_N_ELEMENTS (steps), .filter = steps };

  return setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

int
bad_socket_listen (NfsFaultKind kind, guint16 *port, GError **error)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (*port),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  const int on = 1;
  KVOL_AUTO_FD fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
      || bind (fd, (const struct sockaddr *) &address, sizeof address) < 0
      || listen (fd, kind == NFS_FAULT_BACKLOG_FULL ? 0 : LONG_QUEUE) < 0
      || getsockname (fd, (struct sockaddr *) &address, &size) < 0)
    return throw (error, "listen on 127.0.0.1");
  if (kind == NFS_FAULT_BACKLOG_FULL && !fill_queue (&address))
    return throw (error, "fill the queue");
  if (kind == NFS_FAULT_DEAF && !drop_what_is_said (fd))
    return throw (error, "drop what is said");
  *port = ntohs (address.sin_port);
  return g_steal_fd (&fd);
}

/* ---- a thread for each connection ---- */

typedef struct
{
  NfsFaultKind kind;
  int fd;
} Guest;

static void
await_byte (int fd)
{
  struct pollfd asked = { .fd = fd, .events = POLLIN };

  poll (&asked, 1, -1);
}

static void
put_text (int fd, const char *text)
{
  (void) !send (fd, text, strlen (text), MSG_NOSIGNAL);
}

/* Reads to the end, so that closing does not reset what was sent. */
static void
drain (int fd)
{
  char buffer[4096];

  while (read (fd, buffer, sizeof buffer) > 0)
    continue;
}

static gpointer
treat (gpointer data)
{
  g_autofree Guest *guest = data;
  KVOL_AUTO_FD fd = guest->fd;
  const struct linger now = { .l_onoff = 1 };
  char buffer[4096];

  switch (guest->kind)
    {
    case NFS_FAULT_RESET:
      await_byte (fd);
      setsockopt (fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      break;
    case NFS_FAULT_CLOSE:
      (void) !read (fd, buffer, sizeof buffer);
      break;
    case NFS_FAULT_GARBAGE:
      while (read (fd, buffer, sizeof buffer) > 0)
        put_text (fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      break;
    case NFS_FAULT_CHATTER:
      put_text (fd, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
      drain (fd);
      break;
    default:
      break;
    }
  return NULL;
}

void
bad_socket_serve (NfsFaultKind kind, int listening)
{
  while (kind == NFS_FAULT_BLACK_HOLE || kind == NFS_FAULT_BACKLOG_FULL || kind == NFS_FAULT_DEAF)
    pause ();
  for (;;)
    {
      g_autofree Guest *guest = g_new0 (Guest, 1);

      guest->kind = kind;
      guest->fd = accept4 (listening, NULL, NULL, SOCK_CLOEXEC);
      if (guest->fd >= 0)
        g_thread_unref (g_thread_new ("guest", treat, g_steal_pointer (&guest)));
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server's sockets are taken from it before it is killed. Those that listen are kept, with a filter that drops each
 * packet that comes, also those for connections that are not there any more; and a connection that is under repair is
 * closed without a word. */
#include "nfs-server/program/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/program/process.h"

/* More than a server of a test has. */
#define N_DESCRIPTORS 1024

static int
get_option (int fd, int option)
{
  int value = 0;
  socklen_t length = sizeof value;

  return getsockopt (fd, SOL_SOCKET, option, &value, &length) == 0 ? value : 0;
}

static gboolean
drop_all (int fd)
{
  struct sock_filter nothing = BPF_STMT (BPF_RET | BPF_K, 0);
  const struct sock_fprog program = { .len = 1, .filter = &nothing };

  return setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static gboolean
repair (int fd)
{
  const int on = 1;

  return setsockopt (fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
}

/* A server that is frozen has not taken what has come; any other may be faster. */
static gboolean
silence_guests (int listener)
{
  if (fcntl (listener, F_SETFL, O_NONBLOCK) < 0)
    return FALSE;
  for (;;)
    {
      KVOL_AUTO_FD fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);

      if (fd < 0)
        return errno == EAGAIN;
      if (!drop_all (fd) || !repair (fd))
        return FALSE;
    }
}

/* Those that listen come first: a connection is not to be made after it was looked for. */
static gboolean
silence (Outlet *self, int server, gboolean listening)
{
  for (int i = 0; i < N_DESCRIPTORS; i++)
    {
      KVOL_AUTO_FD fd = (int) syscall (SYS_pidfd_getfd, server, i, 0);

      if (fd < 0 && errno != EBADF)
        return FALSE;
      if (fd < 0 || get_option (fd, SO_PROTOCOL) != IPPROTO_TCP || get_option (fd, SO_ACCEPTCONN) != listening)
        continue;
      if (!drop_all (fd) || !(listening ? silence_guests (fd) : repair (fd)))
        return FALSE;
      if (listening)
        {
          const int kept = g_steal_fd (&fd);

          g_array_append_val (self, kept);
        }
    }
  return TRUE;
}

Outlet *
outlet_unplug (pid_t *server)
{
  KVOL_AUTO_FD fd = process_open (*server);
  Outlet *self = g_array_new (FALSE, FALSE, sizeof (int));
  int code;

  if (fd >= 0 && silence (self, fd, TRUE) && silence (self, fd, FALSE))
    {
      process_kill (server);
      return self;
    }
  code = errno;
  outlet_plug_in (self);
  errno = code;
  return NULL;
}

void
outlet_plug_in (Outlet *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->len; i++)
    close (g_array_index (self, int, i));
  g_array_unref (self);
}

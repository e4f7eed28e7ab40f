/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name with several addresses, of which one is good: a connection that breaks is made again there. The others may be
 * waited for in vain. */
#include "nfs-fuse/lossy.h"
#include "nfs-fuse/served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/etc-file.h"
#include "support/own-net.h"

#define NAME "files.test"
/* The first as the system has it, which is nearer to where they are called from. */
#define ADDRESSES "127.0.0.1 " NAME "\n127.0.0.8 " NAME "\n"
#define N_LISTENERS 2
#define MORE_ADDRESSES ADDRESSES "127.0.0.32 " NAME "\n"

typedef struct
{
  ServedGround served;
  EtcFile hosts;
  Lossy *way; /* at the first address */
  int other;  /* listens at the second, and answers nothing */
  struct pollfd listeners[N_LISTENERS];
  GThread *thread; /* lets in by these; NULL: there is none */
} Ground;

static void
ground_clear (Ground *self)
{
  const gboolean is_open = self->way != NULL;

  served_ground_clear (&self->served);
  g_clear_pointer (&self->way, lossy_close);
  etc_file_clear (&self->hosts);
  if (is_open)
    kvol_clear_fd (&self->other);
  if (self->thread == NULL)
    return;
  shutdown (self->listeners[0].fd, SHUT_RDWR);
  g_thread_join (self->thread);
  for (int i = 0; i < N_LISTENERS; i++)
    close (self->listeners[i].fd);
}
TEST_STATE (Ground, ground)

static int
listen_at (const char *where)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (LOSSY_PORT),
                                       .sin_addr.s_addr = inet_addr (where) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  assert_true (fd >= 0);
  assert_int_equal (bind (fd, (const struct sockaddr *) &address, sizeof address), 0);
  assert_int_equal (listen (fd, 1), 0);
  return fd;
}

static void
a_connection_that_was_good_is_made_again_to_the_same_address (void **state)
{
  static const char *const soft[] = { "--server=" NAME, "--ipv4", "--port=2050", "--soft=10", NULL };
  Ground *ground = *state;

  if (!served_export_open (&ground->served.export, FALSE))
    skip ();
  etc_file_begin (&ground->hosts, "/etc/hosts", ADDRESSES);
  ground->other = listen_at ("127.0.0.8");
  ground->way = lossy_open ();
  served_start (&ground->served.volume, soft);
  lossy_lose (ground->way, NFS3_WRITE, NULL, NULL);
  served_put_file (&ground->served.volume, "file", "content");
  assert_true (lossy_has_lost (ground->way));
  assert_int_equal (accept (ground->other, NULL, NULL), -1);
  assert_int_equal (errno, EAGAIN);
}

/* Who has no server behind him: everybody is let in, and hung up on. */
static gpointer
let_in (gpointer data)
{
  struct pollfd *listeners = data;

  while (poll (listeners, N_LISTENERS, -1) > 0 && (listeners[0].revents & ~POLLIN) == 0)
    for (int i = 0; i < N_LISTENERS; i++)
      close (accept (listeners[i].fd, NULL, NULL));
  return NULL;
}

static void
each_address_has_its_turn (void **state)
{
  static const char *const soft[] = { "--server=" NAME, "--ipv4", "--port=2050", "--soft=5", NULL };
  Ground *ground = *state;
  struct stat status;
  KVOL_AUTO_FD good = -1;
  KVOL_AUTO_FD guest = -1;

  if (!served_export_open (&ground->served.export, FALSE))
    skip ();
  etc_file_begin (&ground->hosts, "/etc/hosts", MORE_ADDRESSES);
  ground->listeners[0] = (struct pollfd){ listen_at ("127.0.0.1"), POLLIN, 0 };
  ground->listeners[1] = (struct pollfd){ listen_at ("127.0.0.8"), POLLIN, 0 };
  good = listen_at ("127.0.0.32");
  ground->thread = g_thread_new ("let-in", let_in, ground->listeners);
  served_start (&ground->served.volume, soft);
  assert_int_equal (stat (ground->served.volume.path, &status), -1);
  assert_int_equal (errno, ETIMEDOUT);
  guest = accept (good, NULL, NULL);
  assert_true (guest >= 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, a_connection_that_was_good_is_made_again_to_the_same_address),
    TEST_ON (ground, each_address_has_its_turn),
  };

  return own_net_run ("nfs addresses", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread begins a write by aio(7) and ends, and the others of its process wait for it. They can be killed while the
 * server does not answer. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/aside.h"
#include "nfs-fuse/odd-ground.h"
#include "support/own-net.h"

#define PAGE 4096
#define PATIENCE_MSEC 30000

typedef struct
{
  OddGround odd;
  pid_t child; /* 0: none */
  int child_end;
} Ground;

static void
let_server_answer (Ground *self)
{
  if (g_atomic_int_get (&self->odd.manners.delays) == ODD_HELD)
    odd_server_go_on (self->odd.server);
}

static void
ground_clear (Ground *self)
{
  if (self->odd.server == NULL)
    return;
  let_server_answer (self);
  if (self->child > 0)
    {
      kill (self->child, SIGKILL);
      waitpid (self->child, NULL, 0);
      kvol_clear_fd (&self->child_end);
    }
  odd_ground_clear (&self->odd);
}
TEST_STATE (Ground, ground)

/* ---- the child: it is told when to go on, and tells when it has ---- */

typedef struct
{
  int fd;
  int parent;
  gulong aside;
} Order;

static gpointer
give_order (gpointer data)
{
  Order *order = data;
  char *bytes = aligned_alloc (PAGE, PAGE);
  char byte;

  if (aside_begin (ASIDE_WRITE, order->fd, bytes, PAGE, 0, &order->aside) != 0)
    return NULL;
  return GINT_TO_POINTER (read (order->parent, &byte, 1) == 1);
}

static void
be_child (const char *path, int parent)
{
  Order order = { open (path, O_WRONLY | O_DIRECT | O_CLOEXEC), parent, 0 };
  gssize done;

  if (g_thread_join (g_thread_new ("order", give_order, &order)) == NULL || write (parent, "", 1) != 1)
    _exit (2);
  _exit (!aside_end (order.aside, &done));
}

static void
start_child (Ground *self)
{
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  self->child_end = ends[0];
  self->child = fork ();
  if (self->child == 0)
    be_child (self->odd.path, ends[1]);
  assert_true (self->child > 0);
  close (ends[1]);
}

/* It has said something, or has ended. */
static void
await_child (const Ground *self)
{
  struct pollfd child = { .fd = self->child_end, .events = POLLIN };

  assert_int_equal (poll (&child, 1, PATIENCE_MSEC), 1);
}

static void
who_is_ended_ends (Ground *self, int signal_number)
{
  int status;
  char byte;

  g_atomic_int_set (&self->odd.manners.delays, ODD_HOLD_NEXT);
  start_child (self);
  odd_manners_await (&self->odd.manners.delays, ODD_HELD);
  assert_int_equal (write (self->child_end, "", 1), 1);
  await_child (self);
  assert_int_equal (read (self->child_end, &byte, 1), 1);
  assert_int_equal (kill (self->child, signal_number), 0);
  await_child (self);
  assert_int_equal (waitpid (self->child, &status, 0), self->child);
  self->child = 0;
  kvol_clear_fd (&self->child_end);
  assert_true (WIFSIGNALED (status) && WTERMSIG (status) == signal_number);
  let_server_answer (self);
}

/* To make a file longer is waited for at once. */
static void
fill_file (const Ground *self)
{
  KVOL_AUTO_FD fd = open (self->odd.path, O_WRONLY | O_CLOEXEC);
  const char page[PAGE] = { 0 };

  assert_int_equal (pwrite (fd, page, PAGE, 0), PAGE);
}

static void
who_waits_for_what_another_thread_began_can_be_ended (void **state)
{
  Ground *ground = *state;

  odd_ground_open (&ground->odd, NULL);
  fill_file (ground);
  who_is_ended_ends (ground, SIGKILL);
  who_is_ended_ends (ground, SIGTERM);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, who_waits_for_what_another_thread_began_can_be_ended),
  };

  return own_net_run ("who is killed apart", tests);
}

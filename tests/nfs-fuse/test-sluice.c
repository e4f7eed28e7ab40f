/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of large writes by itself: what comes by it is sent and kept, each byte once, wherever the connection stops
 * taking it, and nothing of it is left for who comes next. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "sluice.h"

#define MOST (512u * 1024)
#define HEAD 80u /* of a request, before what is written */
#define LARGE (PAGE_PIPE_WORTH + 5)

typedef struct
{
  Sluice sluice;
  int kernel[2]; /* in place of /dev/fuse: a pipe, of which requests are read */
  int link[2];   /* the connection, and the server's end of it */
  struct rlimit files;
} Rig;

static int
open_rig (void **state)
{
  Rig *self = g_new0 (Rig, 1);

  self->sluice = (Sluice) SLUICE_INIT;
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &self->files), 0);
  assert_int_equal (pipe2 (self->kernel, O_CLOEXEC | O_NONBLOCK), 0);
  assert_int_equal (fcntl (self->kernel[0], F_SETPIPE_SZ, 2 * MOST), 2 * MOST);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, self->link), 0);
  *state = self;
  return 0;
}

static int
close_rig (void **state)
{
  Rig *self = *state;

  setrlimit (RLIMIT_NOFILE, &self->files);
  sluice_clear (&self->sluice);
  for (int i = 0; i < 2; i++)
    {
      close (self->kernel[i]);
      close (self->link[i]);
    }
  g_free (self);
  return 0;
}

static char *
make_request (gsize size, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  char *bytes = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    bytes[i] = (char) g_rand_int (rand);
  return bytes;
}

static gssize
receive (Rig *self, const char *request, gsize size)
{
  struct fuse_buf ret;
  gssize n;

  assert_int_equal (write (self->kernel[1], request, size), size);
  n = sluice_receive (&self->sluice, self->kernel[0], MOST, &ret);
  if (n > 0)
    {
      assert_int_equal (ret.size, n);
      assert_true (ret.flags & FUSE_BUF_IS_FD);
    }
  return n;
}

static void
expect_read (Rig *self, const char *bytes, gsize size)
{
  g_autofree char *found = g_malloc (size);

  sluice_read (&self->sluice, found, size);
  assert_memory_equal (found, bytes, size);
}

/* Whatever of it nobody took. */
static void
a_request_comes_whole_and_leaves_nothing (void **state)
{
  Rig *self = *state;
  struct fuse_buf none;

  for (guint32 seed = 0; seed < 3; seed++)
    {
      g_autofree char *request = make_request (LARGE, seed);

      assert_int_equal (receive (self, request, LARGE), LARGE);
      expect_read (self, request, HEAD + seed);
      sluice_drain (&self->sluice);
      assert_int_equal (sluice_receive (&self->sluice, self->kernel[0], MOST, &none), 0);
    }
}

/* As much as it takes; what that was. */
static gsize
pour (Rig *self, char *kept, gsize size, char *sent)
{
  gsize poured = sluice_pour (&self->sluice, kept, size, self->link[0]);
  gsize come = 0;
  gssize n;

  while ((n = recv (self->link[1], sent + come, size - come, 0)) > 0)
    come += (gsize) n;
  assert_int_equal (come, poured);
  return poured;
}

static void
write_one (Rig *self, gsize size, guint32 seed)
{
  g_autofree char *request = make_request (HEAD + size, seed);
  g_autofree char *kept = g_malloc0 (size);
  g_autofree char *sent = g_malloc0 (size);
  gsize poured;

  assert_int_equal (receive (self, request, HEAD + size), HEAD + size);
  expect_read (self, request, HEAD);
  assert_true (sluice_begin (&self->sluice, kept, size));
  poured = pour (self, kept, size, sent);
  sluice_end (&self->sluice);
  assert_in_range (poured, 1, size);
  assert_memory_equal (sent, request + HEAD, poured);
  assert_memory_equal (kept, request + HEAD, size);
}

static void
what_is_sent_is_kept (void **state)
{
  for (guint32 seed = 0; seed < 4; seed++)
    write_one (*state, LARGE + seed, seed);
  write_one (*state, MOST, 4);
}

/* The rest goes from where it is kept. */
static void
what_the_connection_does_not_take_is_kept_too (void **state)
{
  Rig *self = *state;
  const int little = 4096;
  g_autofree char *request = make_request (HEAD + MOST, 1);
  g_autofree char *kept = g_malloc0 (MOST);
  gsize poured;

  setsockopt (self->link[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  assert_int_equal (receive (self, request, HEAD + MOST), HEAD + MOST);
  expect_read (self, request, HEAD);
  assert_true (sluice_begin (&self->sluice, kept, MOST));
  poured = sluice_pour (&self->sluice, kept, MOST, self->link[0]);
  assert_in_range (poured, 0, MOST - 1);
  assert_int_equal (sluice_pour (&self->sluice, kept + poured, MOST - poured, self->link[0]), 0);
  sluice_end (&self->sluice);
  assert_memory_equal (kept, request + HEAD, MOST);
  sluice_drain (&self->sluice);
  close (self->link[0]);
  close (self->link[1]);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, self->link), 0);
  write_one (self, MOST, 2);
}

/* Another write is next on the connection. */
static void
nothing_but_what_is_next_is_sent (void **state)
{
  Rig *self = *state;
  g_autofree char *request = make_request (HEAD + LARGE, 1);
  g_autofree char *kept = g_malloc0 (LARGE);
  g_autofree char *other = g_malloc0 (LARGE);

  assert_int_equal (sluice_pour (&self->sluice, other, LARGE, self->link[0]), 0);
  assert_int_equal (receive (self, request, HEAD + LARGE), HEAD + LARGE);
  expect_read (self, request, HEAD);
  assert_true (sluice_begin (&self->sluice, kept, LARGE));
  assert_int_equal (sluice_pour (&self->sluice, other, LARGE, self->link[0]), 0);
  assert_int_equal (sluice_pour (&self->sluice, kept + 1, LARGE - 1, self->link[0]), 0);
  sluice_end (&self->sluice);
  assert_memory_equal (kept, request + HEAD, LARGE);
  assert_int_equal (sluice_pour (&self->sluice, kept, LARGE, self->link[0]), 0);
}

static void
a_server_that_has_gone_takes_nothing_with_it (void **state)
{
  Rig *self = *state;
  g_autofree char *request = make_request (HEAD + LARGE, 1);
  g_autofree char *kept = g_malloc0 (LARGE);

  shutdown (self->link[1], SHUT_RDWR);
  assert_int_equal (receive (self, request, HEAD + LARGE), HEAD + LARGE);
  expect_read (self, request, HEAD);
  assert_true (sluice_begin (&self->sluice, kept, LARGE));
  assert_int_equal (sluice_pour (&self->sluice, kept, LARGE, self->link[0]), 0);
  sluice_end (&self->sluice);
  assert_memory_equal (kept, request + HEAD, LARGE);
}

/* A descriptor that cannot be read refuses as the kernel does without memory: who waits for it shall not wait for
 * nothing. */
static void
what_does_not_come_by_it_is_to_be_read (void **state)
{
  Rig *self = *state;
  struct fuse_buf none;

  assert_int_equal (sluice_receive (&self->sluice, self->kernel[1], MOST, &none), -ENOSYS);
  write_one (self, LARGE, 1);
}

/* One of its two pipes is of no use, and none is kept. */
static void
a_process_that_may_have_one_pipe_has_none (void **state)
{
  Rig *self = *state;
  const int next = dup (0);
  struct fuse_buf none;

  assert_true (next >= 0);
  close (next);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &(struct rlimit){ (rlim_t) next + 3, self->files.rlim_max }), 0);
  assert_int_equal (sluice_receive (&self->sluice, self->kernel[0], MOST, &none), -ENOSYS);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &self->files), 0);
  assert_int_equal (sluice_receive (&self->sluice, self->kernel[0], MOST, &none), -ENOSYS);
  assert_int_equal (dup (0), next);
  close (next);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, open_rig, close_rig)
  const struct CMUnitTest tests[] = {
    TEST (a_request_comes_whole_and_leaves_nothing),      TEST (what_is_sent_is_kept),
    TEST (what_the_connection_does_not_take_is_kept_too), TEST (nothing_but_what_is_next_is_sent),
    TEST (a_server_that_has_gone_takes_nothing_with_it),  TEST (what_does_not_come_by_it_is_to_be_read),
    TEST (a_process_that_may_have_one_pipe_has_none),
  };

  /* As kvol-nfs itself. */
  signal (SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests_name ("sluice", tests, NULL, NULL);
}

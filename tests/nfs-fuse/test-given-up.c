/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nobody waits for any more, and has not gone to the server, does not go there later: it would change what was
 * written in its place meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "nfs-fuse/gate.h"
#include "support/own-net.h"

#define SIZE 4096
/* What is put off is asked again long before. */
#define LONG_USEC G_USEC_PER_SEC

typedef struct
{
  Counted counted;
  Gate gate;
  char *exported;
  int fd;
} Ground;

static void
ground_clear (Ground *self)
{
  gate_open (&self->gate);
  counted_clear (&self->counted);
  if (self->exported != NULL)
    kvol_clear_fd (&self->fd);
  g_free (self->exported);
}
TEST_STATE (Ground, ground)

/* Something is written that the server has in its memory only. */
static void
ground_open (Ground *self, const char *const *arguments)
{
  const char bytes[SIZE] = { 0 };

  if (!counted_open (&self->counted, arguments))
    skip ();
  self->exported = counted_dup_there (&self->counted, "file");
  self->fd = served_open_file (&self->counted.volume, "file", O_RDWR | O_CREAT);
  assert_int_equal (pwrite (self->fd, bytes, sizeof bytes, 0), sizeof bytes);
}

static void
assert_size (const Ground *self, off_t wanted)
{
  struct stat status;

  assert_int_equal (stat (self->exported, &status), 0);
  assert_int_equal (status.st_size, wanted);
}

typedef int (*Deed) (const Ground *self);

static int
empty_file (const Ground *self)
{
  return ftruncate (self->fd, 0);
}

static int
remove_file (const Ground *self)
{
  g_autofree char *path = counted_dup_here (&self->counted, "file");

  return unlink (path);
}

/* Somebody does it, and is not there any more when this is answered. */
static void
be_killed_at (Ground *self, guint procedure, LossyForge forge, Deed deed)
{
  int status;
  pid_t child;

  lossy_forge (self->counted.lossy, procedure, forge, &self->gate);
  child = fork ();
  if (child == 0)
    _exit (deed (self) != 0);
  assert_true (child > 0);
  gate_await_guest (&self->gate);
  assert_int_equal (kill (child, SIGKILL), 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
  gate_open (&self->gate);
}

/* It waits for what was written before. */
static void
a_cut_by_one_who_was_killed_is_not_made_later (void **state)
{
  Ground *ground = *state;

  ground_open (ground, counted_shared_in_turn);
  be_killed_at (ground, NFS3_COMMIT, gate_wait, empty_file);
  counted_await_last_answers (&ground->counted);
  assert_size (ground, SIZE);
}

/* The server has another number now, so what was written is written again; which takes its time. */
static void
forge_loss (GByteArray *answer, gpointer data)
{
  Ground *ground = data;

  forgery_lose (answer);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, gate_wait, &ground->gate);
}

static void
a_write_that_waited_too_long_is_not_written_later (void **state)
{
  const char bytes[SIZE] = { 0 };
  Ground *ground = *state;

  ground_open (ground, counted_soft_in_turn);
  lossy_forge (ground->counted.lossy, NFS3_COMMIT, forge_loss, ground);
  assert_int_equal (fsync (ground->fd), -1);
  assert_int_equal (errno, ETIMEDOUT);
  assert_int_equal (pwrite (ground->fd, bytes, sizeof bytes, SIZE), -1);
  assert_int_equal (errno, ETIMEDOUT);
  gate_open (&ground->gate);
  counted_await_last_answers (&ground->counted);
  assert_size (ground, SIZE);
}

/* The server has taken half of it, and takes its time to say so. */
static void
forge_half (GByteArray *answer, gpointer data)
{
  forgery_put_count (answer, SIZE / 2);
  gate_wait (answer, data);
}

static void
the_rest_of_a_write_that_was_given_up_is_not_written (void **state)
{
  const char bytes[SIZE] = { 0 };
  Ground *ground = *state;
  guint before;

  ground_open (ground, counted_soft_in_turn);
  before = lossy_count (ground->counted.lossy, NFS3_WRITE);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_half, &ground->gate);
  assert_int_equal (pwrite (ground->fd, bytes, sizeof bytes, SIZE), -1);
  assert_int_equal (errno, ETIMEDOUT);
  gate_open (&ground->gate);
  counted_await_last_answers (&ground->counted);
  assert_int_equal (lossy_count (ground->counted.lossy, NFS3_WRITE), before + 1);
}

/* Whoever is not the owner may not say when he wrote. */
static void
forge_refusal (GByteArray *answer, gpointer data)
{
  forgery_put_status (answer, NFS3ERR_PERM);
  gate_wait (answer, data);
}

static void
a_cut_is_not_asked_for_again_without_its_times (void **state)
{
  Ground *ground = *state;
  guint before;

  ground_open (ground, counted_alone_in_turn);
  assert_int_equal (fsync (ground->fd), 0);
  before = lossy_count (ground->counted.lossy, NFS3_SETATTR);
  be_killed_at (ground, NFS3_SETATTR, forge_refusal, empty_file);
  counted_await_last_answers (&ground->counted);
  assert_int_equal (lossy_count (ground->counted.lossy, NFS3_SETATTR), before + 1);
}

static void
forge_delay (GByteArray *answer, gpointer data)
{
  forgery_put_status (answer, NFS3ERR_JUKEBOX);
  gate_wait (answer, data);
}

/* By then the name may be another file's. */
static void
a_removal_that_the_server_puts_off_is_not_made_later (void **state)
{
  Ground *ground = *state;

  ground_open (ground, counted_shared_in_turn);
  kvol_clear_fd (&ground->fd);
  be_killed_at (ground, NFS3_REMOVE, forge_delay, remove_file);
  g_usleep (LONG_USEC);
  counted_await_last_answers (&ground->counted);
  assert_int_equal (lossy_count (ground->counted.lossy, NFS3_REMOVE), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, a_cut_by_one_who_was_killed_is_not_made_later),
    TEST_ON (ground, a_cut_is_not_asked_for_again_without_its_times),
    TEST_ON (ground, a_removal_that_the_server_puts_off_is_not_made_later),
    TEST_ON (ground, a_write_that_waited_too_long_is_not_written_later),
    TEST_ON (ground, the_rest_of_a_write_that_was_given_up_is_not_written),
  };

  return own_net_run ("requests that are given up", tests);
}

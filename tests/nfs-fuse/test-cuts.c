/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of which this node knows an end that is not the end any more, as another client has written behind it: what is
 * cut there without being meant keeps what the other one has written, and what is meant to be cut is cut. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/actor.h"
#include "nfs-fuse/aside.h"
#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "nfs-fuse/gate.h"
#include "support/own-net.h"

#define HERE_SIZE 4096
#define MIB (1024u * 1024)
#define THERE_SIZE (4 * MIB)

typedef struct
{
  Counted counted;
  Served other; /* of another client */
  char *here;
  char *there;    /* by that client */
  char *exported; /* as it is */
  int fd;
  guint writes;       /* answered otherwise than the server did */
  guint32 numbers[2]; /* of the first two questions that were answered so */
  Gate gate;
} Ground;

static void
ground_clear (Ground *self)
{
  actor_keep_bits (TRUE);
  gate_open (&self->gate);
  served_clear (&self->other);
  counted_clear (&self->counted);
  if (self->here != NULL)
    kvol_clear_fd (&self->fd);
  g_free (self->here);
  g_free (self->there);
  g_free (self->exported);
}
TEST_STATE (Ground, ground)

/* Written here, and open. */
static void
ground_open_with (Ground *self, int access, const char *const *arguments)
{
  const char bytes[HERE_SIZE] = { 0 };

  if (!counted_open (&self->counted, arguments))
    skip ();
  served_start (&self->other, NULL);
  self->here = counted_dup_here (&self->counted, "file");
  self->there = g_build_filename (self->other.path, "file", NULL);
  self->exported = counted_dup_there (&self->counted, "file");
  self->fd = open (self->here, access | O_CREAT | O_CLOEXEC, 0666);
  assert_true (self->fd >= 0);
  assert_int_equal (pwrite (self->fd, bytes, sizeof bytes, 0), sizeof bytes);
  assert_int_equal (fsync (self->fd), 0);
}

/* Then another client makes it longer. */
static void
ground_open (Ground *self, int access)
{
  ground_open_with (self, access, counted_shared);
  assert_int_equal (truncate (self->there, THERE_SIZE), 0);
}

static void
assert_size (const Ground *ground, off_t wanted)
{
  struct stat status;

  assert_int_equal (stat (ground->exported, &status), 0);
  assert_int_equal (status.st_size, wanted);
}

static void
forge_no_space (GByteArray *answer, gpointer data)
{
  forgery_refuse (answer, NFS3ERR_NOSPC, 2);
}

static void
forge_no_attributes (GByteArray *answer, gpointer data)
{
  forgery_refuse (answer, NFS3ERR_IO, 0);
}

/* The first one is as it is. @data: how many there were. */
static void
forge_no_space_for_the_rest (GByteArray *answer, gpointer data)
{
  guint *count = data;

  if ((*count)++ > 0)
    forge_no_space (answer, NULL);
}

/* @data: the file, which is as long as before. */
static void
forge_nothing_written (GByteArray *answer, gpointer data)
{
  if (truncate (data, MIB) == 0)
    forge_no_space (answer, NULL);
}

/* Half of it has been written, and no more can be. */
static void
forge_half (GByteArray *answer, gpointer data)
{
  Ground *ground = data;

  if (ground->writes++ == 0)
    {
      forgery_put_count (answer, HERE_SIZE / 2);
      return;
    }
  if (truncate (ground->there, HERE_SIZE + HERE_SIZE / 2) == 0)
    forge_no_space (answer, NULL);
}

/* The kernel cuts the file then where it believes it to end, to remove what may have come of the write. */
static void
assert_failing_write_cuts_nothing (Ground *ground, int access)
{
  const char bytes[HERE_SIZE] = { 0 };

  ground_open (ground, access);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_no_space, NULL);
  assert_int_equal (aside_write (ground->fd, bytes, sizeof bytes, HERE_SIZE), -ENOSPC);
  assert_size (ground, THERE_SIZE);
}

static void
a_write_aside_that_fails_cuts_nothing_of_another_client (void **state)
{
  assert_failing_write_cuts_nothing (*state, O_RDWR);
}

/* On each kernel, and on one that writes past its cache where nobody reads. */
static void
a_write_aside_past_the_cache_that_fails_cuts_nothing_of_another_client (void **state)
{
  assert_failing_write_cuts_nothing (*state, O_RDWR | O_DIRECT);
}

static void
a_write_aside_by_who_only_writes_that_fails_cuts_nothing_of_another_client (void **state)
{
  assert_failing_write_cuts_nothing (*state, O_WRONLY);
}

/* The kernel says of its cut as of any other that the file is not to stay setuid. */
static void
a_write_aside_by_who_takes_setuid_bits_that_fails_cuts_nothing_of_another_client (void **state)
{
  assert_true (actor_keep_bits (FALSE));
  assert_failing_write_cuts_nothing (*state, O_WRONLY);
}

/* The kernel does not believe what of it was written to be there. */
static void
a_write_aside_that_fails_in_part_cuts_nothing_of_another_client (void **state)
{
  g_autofree char *bytes = g_malloc0 (MIB);
  Ground *ground = *state;

  ground_open (ground, O_WRONLY);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_no_space_for_the_rest, &ground->writes);
  assert_int_equal (aside_write (ground->fd, bytes, MIB, HERE_SIZE), -ENOSPC);
  assert_true (ground->writes > 1);
  assert_size (ground, THERE_SIZE);
}

/* Nobody waits any longer for whether it fails. */
static void
a_write_aside_that_is_given_up_cuts_nothing_of_another_client (void **state)
{
  const char bytes[HERE_SIZE] = { 0 };
  Ground *ground = *state;

  ground_open_with (ground, O_WRONLY, counted_soft_in_turn);
  assert_int_equal (truncate (ground->there, THERE_SIZE), 0);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, gate_wait, &ground->gate);
  assert_int_equal (aside_write (ground->fd, bytes, sizeof bytes, HERE_SIZE), -ETIMEDOUT);
  gate_open (&ground->gate);
  counted_await_answers (&ground->counted);
  assert_size (ground, THERE_SIZE);
}

/* A file that is opened by no name is not looked up: where it ends is asked for before an append. */
static int
open_to_append (const Ground *ground)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", ground->fd);
  int fd = open (path, O_WRONLY | O_APPEND | O_DIRECT | O_CLOEXEC);

  assert_true (fd >= 0);
  return fd;
}

/* The kernel believes the first one to be where it thought the end to be. */
static void
an_appendix_that_fails_cuts_nothing (void **state)
{
  const char bytes[HERE_SIZE] = { 0 };
  KVOL_AUTO_FD fd = -1;
  Ground *ground = *state;

  ground_open (ground, O_RDWR);
  fd = open_to_append (ground);
  assert_int_equal (write (fd, bytes, sizeof bytes), sizeof bytes);
  assert_size (ground, THERE_SIZE + HERE_SIZE);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_no_space, NULL);
  assert_int_equal (write (fd, bytes, sizeof bytes), -1);
  assert_int_equal (errno, ENOSPC);
  /* The server has written it all the same. */
  assert_size (ground, THERE_SIZE + 2 * HERE_SIZE);
}

static void
an_appendix_whose_place_is_not_told_cuts_nothing (void **state)
{
  const char bytes[HERE_SIZE] = { 0 };
  KVOL_AUTO_FD fd = -1;
  Ground *ground = *state;

  ground_open (ground, O_RDWR);
  fd = open_to_append (ground);
  lossy_forge (ground->counted.lossy, NFS3_GETATTR, forge_no_attributes, NULL);
  assert_int_equal (write (fd, bytes, sizeof bytes), -1);
  assert_int_equal (errno, EIO);
  assert_size (ground, THERE_SIZE);
}

/* Through the cache the kernel cuts nothing by itself. */
static void
what_is_cut_after_a_failed_write_is_cut (void **state)
{
  const char bytes[HERE_SIZE] = { 0 };
  Ground *ground = *state;

  ground_open (ground, O_RDWR);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_no_space, NULL);
  assert_int_equal (pwrite (ground->fd, bytes, sizeof bytes, HERE_SIZE), -1);
  assert_int_equal (errno, ENOSPC);
  assert_int_equal (ftruncate (ground->fd, HERE_SIZE), 0);
  assert_size (ground, HERE_SIZE);
}

/* Past the cache it may be the kernel that cuts, and it does not mean what another client has written. Who is told so,
 * and cuts again, does. */
static void
who_cuts_is_told_when_nothing_is_cut (void **state)
{
  const char bytes[HERE_SIZE] = { 0 };
  Ground *ground = *state;

  ground_open (ground, O_WRONLY);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_no_space, NULL);
  assert_int_equal (pwrite (ground->fd, bytes, sizeof bytes, HERE_SIZE), -1);
  assert_int_equal (errno, ENOSPC);
  if (ftruncate (ground->fd, HERE_SIZE) != 0)
    {
      assert_int_equal (errno, EIO);
      assert_size (ground, THERE_SIZE);
      assert_int_equal (ftruncate (ground->fd, HERE_SIZE), 0);
    }
  assert_size (ground, HERE_SIZE);
}

/* All but the second one that is answered: of a large write, its second half. */
static void
forge_no_space_but_once (GByteArray *answer, gpointer data)
{
  Ground *ground = data;

  if (ground->writes < G_N_ELEMENTS (ground->numbers))
    ground->numbers[ground->writes] = forgery_get_u32 (answer, 0);
  if (ground->writes++ != 1)
    forge_no_space (answer, NULL);
}

/* The server may have come to the second half first, and then says of what it wrote that it did not. */
static void
what_the_second_half_left_of_a_failed_write_is_cut (void **state)
{
  g_autofree char *bytes = g_malloc0 (MIB);
  Ground *ground = *state;
  gboolean is_cut;

  ground_open_with (ground, O_WRONLY, counted_shared);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_no_space_but_once, ground);
  assert_int_equal (pwrite (ground->fd, bytes, MIB, HERE_SIZE), -1);
  assert_int_equal (errno, ENOSPC);
  assert_in_range (ground->writes, 2, 3);
  is_cut = ftruncate (ground->fd, HERE_SIZE) == 0;
  if (ground->numbers[1] == ground->numbers[0] + 1)
    assert_true (is_cut);
  if (is_cut)
    assert_size (ground, HERE_SIZE);
}

static void
assert_half_is_cut (Ground *ground, int access)
{
  const char bytes[HERE_SIZE] = { 0 };

  ground_open_with (ground, access, counted_shared);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_half, ground);
  assert_int_equal (pwrite (ground->fd, bytes, sizeof bytes, HERE_SIZE), -1);
  assert_int_equal (errno, ENOSPC);
  assert_int_equal (ftruncate (ground->fd, HERE_SIZE), 0);
  assert_size (ground, HERE_SIZE);
}

static void
what_is_left_of_a_failed_write_is_cut (void **state)
{
  assert_half_is_cut (*state, O_RDWR);
}

static void
what_is_left_of_a_failed_write_by_who_only_writes_is_cut (void **state)
{
  assert_half_is_cut (*state, O_WRONLY);
}

static void
what_is_left_of_a_failed_write_past_the_cache_is_cut (void **state)
{
  assert_half_is_cut (*state, O_WRONLY | O_DIRECT);
}

/* Its beginning is an end that the kernel was told. */
static void
what_is_emptied_after_a_failed_write_is_empty (void **state)
{
  g_autofree char *bytes = g_malloc0 (MIB);
  Ground *ground = *state;

  ground_open_with (ground, O_WRONLY, counted_shared);
  assert_int_equal (pwrite (ground->fd, bytes, MIB, 0), MIB);
  lossy_forge (ground->counted.lossy, NFS3_WRITE, forge_nothing_written, ground->there);
  assert_int_equal (pwrite (ground->fd, bytes, MIB, MIB), -1);
  assert_int_equal (ftruncate (ground->fd, 0), 0);
  assert_size (ground, 0);
}

static void
what_is_cut_where_it_ended_is_cut (void **state)
{
  Ground *ground = *state;

  ground_open (ground, O_RDWR);
  assert_int_equal (ftruncate (ground->fd, HERE_SIZE), 0);
  assert_size (ground, HERE_SIZE);
}

static void
what_is_cut_shorter_is_cut (void **state)
{
  Ground *ground = *state;

  ground_open (ground, O_RDWR);
  assert_int_equal (ftruncate (ground->fd, HERE_SIZE - 1), 0);
  assert_size (ground, HERE_SIZE - 1);
}

static void
what_is_cut_by_its_name_is_cut (void **state)
{
  Ground *ground = *state;

  ground_open (ground, O_RDWR);
  assert_int_equal (truncate (ground->here, HERE_SIZE), 0);
  assert_size (ground, HERE_SIZE);
}

static void
what_is_emptied_when_it_is_opened_is_empty (void **state)
{
  Ground *ground = *state;
  KVOL_AUTO_FD fd = -1;

  ground_open (ground, O_RDWR);
  assert_int_equal (ftruncate (ground->fd, 0), 0);
  assert_int_equal (truncate (ground->there, THERE_SIZE), 0);
  fd = open (ground->here, O_WRONLY | O_TRUNC | O_CLOEXEC);
  assert_true (fd >= 0);
  assert_size (ground, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, a_write_aside_that_fails_cuts_nothing_of_another_client),
    TEST_ON (ground, a_write_aside_past_the_cache_that_fails_cuts_nothing_of_another_client),
    TEST_ON (ground, a_write_aside_by_who_only_writes_that_fails_cuts_nothing_of_another_client),
    TEST_ON (ground, a_write_aside_by_who_takes_setuid_bits_that_fails_cuts_nothing_of_another_client),
    TEST_ON (ground, a_write_aside_that_fails_in_part_cuts_nothing_of_another_client),
    TEST_ON (ground, a_write_aside_that_is_given_up_cuts_nothing_of_another_client),
    TEST_ON (ground, an_appendix_that_fails_cuts_nothing),
    TEST_ON (ground, an_appendix_whose_place_is_not_told_cuts_nothing),
    TEST_ON (ground, what_is_cut_after_a_failed_write_is_cut),
    TEST_ON (ground, who_cuts_is_told_when_nothing_is_cut),
    TEST_ON (ground, what_is_left_of_a_failed_write_is_cut),
    TEST_ON (ground, what_is_left_of_a_failed_write_by_who_only_writes_is_cut),
    TEST_ON (ground, what_is_left_of_a_failed_write_past_the_cache_is_cut),
    TEST_ON (ground, what_the_second_half_left_of_a_failed_write_is_cut),
    TEST_ON (ground, what_is_emptied_after_a_failed_write_is_empty),
    TEST_ON (ground, what_is_cut_where_it_ended_is_cut),
    TEST_ON (ground, what_is_cut_shorter_is_cut),
    TEST_ON (ground, what_is_cut_by_its_name_is_cut),
    TEST_ON (ground, what_is_emptied_when_it_is_opened_is_empty),
  };

  return own_net_run ("files that are cut", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of which this node knows an end that is not the end any more, as another client has written behind it: what is
 * cut there without being meant keeps what the other one has written, and what is meant to be cut is cut. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/aside.h"
#include "nfs-fuse/counted.h"
#include "support/scratch.h"

#define HERE_SIZE 4096
#define THERE_SIZE (1024u * 1024)
#define WORDS_BEFORE_STATUS 6 /* of an answer, which begins with its number */

typedef struct
{
  Counted counted;
  char *here;
  char *there;
  int fd;
} Ground;

static void
ground_clear (Ground *self)
{
  counted_clear (&self->counted);
  if (self->here != NULL)
    kvol_clear_fd (&self->fd);
  g_free (self->here);
  g_free (self->there);
}
TEST_STATE (Ground, ground)

/* Written here, and open; then another client makes it longer. */
static void
ground_open (Ground *self, int access)
{
  const char bytes[HERE_SIZE] = { 0 };

  if (!counted_open (&self->counted, counted_shared))
    skip ();
  self->here = counted_dup_here (&self->counted, "file");
  self->there = counted_dup_there (&self->counted, "file");
  self->fd = open (self->here, access | O_CREAT | O_CLOEXEC, 0666);
  assert_true (self->fd >= 0);
  assert_int_equal (pwrite (self->fd, bytes, sizeof bytes, 0), sizeof bytes);
  assert_int_equal (fsync (self->fd), 0);
  assert_int_equal (truncate (self->there, THERE_SIZE), 0);
}

static void
assert_size (const Ground *ground, off_t wanted)
{
  struct stat status;

  assert_int_equal (stat (ground->there, &status), 0);
  assert_int_equal (status.st_size, wanted);
}

static void
forge_no_space (GByteArray *answer, gpointer data)
{
  const guint32 words[] = { GUINT32_TO_BE (NFS3ERR_NOSPC), 0, 0 };
  const guint head = WORDS_BEFORE_STATUS * 4;

  g_byte_array_set_size (answer, head);
  g_byte_array_append (answer, (const guint8 *) words, sizeof words);
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
    TEST_ON (ground, what_is_cut_where_it_ended_is_cut),
    TEST_ON (ground, what_is_cut_shorter_is_cut),
    TEST_ON (ground, what_is_cut_by_its_name_is_cut),
    TEST_ON (ground, what_is_emptied_when_it_is_opened_is_empty),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      print_message ("ok - files that are cut # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("files that are cut", tests, NULL, NULL);
}

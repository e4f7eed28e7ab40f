/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume whose writes are to last when they are done: the server is told so with each of them, by whichever way it
 * comes, and there is nothing left that a commit would have to be asked for. */
#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "support/own-net.h"

#define PAGE 4096

static const char *const with_sync[] = { "--port=2050", "--sync", NULL };

/* What has been asked of the server, from the open to the close of a file that one page is written to. */
typedef struct
{
  guint writes;
  guint commits;
} Asked;

typedef void (*Way) (int fd, char *page);

static void
by_write (int fd, char *page)
{
  assert_int_equal (pwrite (fd, page, PAGE, 0), PAGE);
}

static void
by_map (int fd, char *page)
{
  char *map;

  assert_int_equal (ftruncate (fd, PAGE), 0);
  map = mmap (NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_ptr_not_equal (map, MAP_FAILED);
  memcpy (map, page, PAGE);
  assert_int_equal (msync (map, PAGE, MS_SYNC), 0);
  munmap (map, PAGE);
}

static Asked
ask (const Counted *counted, int flags, Way way)
{
  const guint writes = lossy_count (counted->lossy, NFS3_WRITE);
  const guint commits = lossy_count (counted->lossy, NFS3_COMMIT);
  g_autofree char *bytes = NULL;
  const int fd = served_open_file (&counted->volume, "file", flags | O_CREAT);
  gpointer page = NULL;

  assert_int_equal (posix_memalign (&page, PAGE, PAGE), 0);
  bytes = memset (page, 'x', PAGE);
  way (fd, bytes);
  assert_int_equal (close (fd), 0);
  return (Asked){ lossy_count (counted->lossy, NFS3_WRITE) - writes,
                  lossy_count (counted->lossy, NFS3_COMMIT) - commits };
}

typedef struct
{
  int flags;
  Way way;
} Row;

static const Row rows[] = {
  { O_WRONLY, by_write },
  { O_RDWR, by_write },
  { O_WRONLY | O_APPEND, by_write },
  { O_RDWR | O_APPEND, by_write },
  { O_RDWR | O_DIRECT, by_write },
  { O_WRONLY | O_DIRECT, by_write },
  { O_RDWR | O_DSYNC, by_write },
  { O_RDWR, by_map },
};

static void
assert_asked (Counted *counted, const char *const *arguments, guint commits)
{
  if (!counted_open (counted, arguments))
    skip ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Asked asked = ask (counted, rows[i].flags, rows[i].way);

      if (asked.writes == 0 || asked.commits != commits)
        fail_msg ("row %zu: %u writes and %u commits", i, asked.writes, asked.commits);
    }
}

static void
each_write_lasts_by_itself (void **state)
{
  assert_asked (*state, with_sync, 0);
}

static void
without_it_a_commit_is_asked_for (void **state)
{
  assert_asked (*state, counted_shared, 1);
}

/* ---- a server that keeps it in its memory all the same ---- */

/* The two numbers before the verifier, which is the last of the answer, are how much and how stable. */
static void
say_unstable (GByteArray *answer, gpointer data)
{
  assert_true (answer->len > 64);
  forgery_put_u32 (answer, answer->len - 8 - 4, UNSTABLE);
}

static void
what_a_server_does_not_put_down_is_committed_before_the_write_is_done (void **state)
{
  Counted *counted = *state;
  KVOL_AUTO_FD fd = -1;

  if (!counted_open (counted, with_sync))
    skip ();
  lossy_forge (counted->lossy, NFS3_WRITE, say_unstable, NULL);
  fd = served_open_file (&counted->volume, "file", O_RDWR | O_CREAT);
  assert_int_equal (write (fd, "text", 4), 4);
  assert_int_equal (lossy_count (counted->lossy, NFS3_COMMIT), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, each_write_lasts_by_itself),
    TEST_ON (counted, without_it_a_commit_is_asked_for),
    TEST_ON (counted, what_a_server_does_not_put_down_is_committed_before_the_write_is_done),
  };

  return own_net_run ("synchronous writes", tests);
}

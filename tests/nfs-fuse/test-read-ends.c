/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file ends where the server says so, or where it is as long as that: an answer to READ that brings nothing and says
 * neither does not cut it short. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "support/own-net.h"

#define TEXT "what is in that file"
#define HALF 8

/* Of the data only so many, and never a word of the end. */
static void
answer_some (GByteArray *answer, gpointer data)
{
  if (answer->len >= FORGERY_READ_AT)
    forgery_shorten (answer, MIN (GPOINTER_TO_UINT (data), answer->len - FORGERY_READ_AT));
}

/* What there is besides is not in the cache. */
static int
open_forged (Counted *self, guint size, int flags)
{
  if (!counted_open (self, counted_shared))
    skip ();
  counted_put (self, "file", TEXT);
  lossy_forge (self->lossy, NFS3_READ, answer_some, GUINT_TO_POINTER (size));
  return served_open_file (&self->volume, "file", O_RDONLY | flags);
}

static void
nothing_is_no_end (void **state)
{
  const int ways[] = { 0, O_DIRECT };
  Counted *self = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      KVOL_AUTO_FD fd = open_forged (self, 0, ways[i]);
      char found[sizeof TEXT];

      assert_int_equal (read (fd, found, sizeof found), -1);
      assert_int_equal (errno, EIO);
      kvol_clear_fd (&fd);
      served_stop (&self->volume);
    }
}

static void
an_end_that_is_not_said_is_seen (void **state)
{
  Counted *self = *state;
  KVOL_AUTO_FD fd = open_forged (self, HALF, 0);
  char found[sizeof TEXT] = "";

  assert_int_equal (read (fd, found, sizeof found), strlen (TEXT));
  assert_string_equal (found, TEXT);
  assert_int_equal (read (fd, found, sizeof found), 0);
  kvol_clear_fd (&fd);
  served_stop (&self->volume);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, nothing_is_no_end),
    TEST_ON (counted, an_end_that_is_not_said_is_seen),
  };

  return own_net_run ("ends of reads", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked when a file that is setuid or setgid is changed, and how often. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/actor.h"
#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "support/own-net.h"

/* Once they are gone, which the first write sees, the others are kept by the kernel as those to any file are. */
static void
a_single_writer_waits_for_one_write_to_take_them (void **state)
{
  Counted *counted = *state;
  g_autofree char *here = NULL;
  guint before;

  if (!counted_open (counted, counted_alone))
    skip ();
  here = counted_dup_here (counted, "directory");
  actor_make_file (here, 06775);
  before = lossy_count (counted->lossy, NFS3_WRITE);
  assert_int_equal (actor_do (ACTOR_STRANGER, here, O_RDWR, actor_write_often).at_once, 0775);
  assert_int_equal (lossy_count (counted->lossy, NFS3_WRITE) - before, 2);
}

static void
assert_write_asks (Counted *counted, const char *const *arguments, guint writes)
{
  const guint others[] = { NFS3_GETATTR, NFS3_SETATTR, NFS3_ACCESS, NFS3_LOOKUP };
  guint before[G_N_ELEMENTS (others)];
  KVOL_AUTO_FD fd = -1;
  g_autofree char *here = NULL;
  guint written;

  if (!counted_open (counted, arguments))
    skip ();
  here = counted_dup_here (counted, ACTOR_FILE);
  fd = open (here, O_RDWR | O_CREAT | O_CLOEXEC, 0777);
  assert_true (fd >= 0);
  assert_int_equal (actor_write (fd), 0);
  written = lossy_count (counted->lossy, NFS3_WRITE);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    before[i] = lossy_count (counted->lossy, others[i]);
  assert_int_equal (actor_write_often (fd), 0);
  assert_int_equal (lossy_count (counted->lossy, NFS3_WRITE) - written, writes);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    assert_int_equal (lossy_count (counted->lossy, others[i]), before[i]);
}

static void
a_write_to_a_file_without_them_asks_nothing_more (void **state)
{
  assert_write_asks (*state, counted_shared, ACTOR_OFTEN);
  assert_write_asks (*state, counted_alone, 0);
}

/* The second time: it has done it when it was asked before, and what it said then did not arrive. */
static void
forge_changed (GByteArray *answer, gpointer data)
{
  guint *answers = data;

  if (g_atomic_int_add (answers, 1) == 1)
    forgery_refuse (answer, NFS3ERR_NOT_SYNC, 2);
}

static int
cut (int fd)
{
  return ftruncate (fd, 1) == 0 ? 0 : errno;
}

static void
that_they_are_gone_is_told_when_the_answer_was_lost (void **state)
{
  Counted *counted = *state;
  g_autofree char *here = NULL;
  guint answers = 0;

  if (!counted_open (counted, counted_shared))
    skip ();
  here = counted_dup_here (counted, "directory");
  actor_make_file (here, 06775);
  lossy_forge (counted->lossy, NFS3_SETATTR, forge_changed, &answers);
  assert_int_equal (actor_do (ACTOR_OWNER, here, O_RDWR, cut).at_once, 0775);
  assert_int_equal (g_atomic_int_get (&answers), 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, a_single_writer_waits_for_one_write_to_take_them),
    TEST_ON (counted, a_write_to_a_file_without_them_asks_nothing_more),
    TEST_ON (counted, that_they_are_gone_is_told_when_the_answer_was_lost),
  };

  return own_net_run ("what is asked of setuid files", tests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server does what it was asked, and the answer is lost with the connection: the question is asked again, of a server
 * that has done it already. Who asked is told what came of it the first time, where that can be told. The server has a
 * memory of its own for such questions, by their numbers, which a new connection has others of. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/forgery.h"
#include "support/own-net.h"

typedef struct
{
  Counted counted;
  char *a; /* two names in the volume */
  char *b;
  guint put_off; /* how many answers were, or could have been */
} Path;

static void
path_clear (Path *self)
{
  counted_clear (&self->counted);
  g_free (self->a);
  g_free (self->b);
}
TEST_STATE (Path, path)

static gboolean
path_open (Path *self)
{
  if (!counted_open (&self->counted, counted_shared))
    return FALSE;
  self->a = counted_dup_here (&self->counted, "a");
  self->b = counted_dup_here (&self->counted, "b");
  return TRUE;
}

static void
make_file (const char *path)
{
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  if (fd < 0)
    fail_msg ("%s: %s", path, g_strerror (errno));
}

static gboolean
is_there (const Path *self, const char *name)
{
  g_autofree char *path = counted_dup_there (&self->counted, name);
  struct stat status;

  return lstat (path, &status) == 0;
}

static void
a_file_that_is_made_alone_is_made (void **state)
{
  Path *path = *state;

  if (!path_open (path))
    skip ();
  lossy_lose (path->counted.lossy, NFS3_CREATE, NULL, NULL);
  make_file (path->a);
  assert_true (lossy_has_lost (path->counted.lossy));
}

static void
a_symlink_is_made (void **state)
{
  Path *path = *state;
  char target[16] = "";

  if (!path_open (path))
    skip ();
  lossy_lose (path->counted.lossy, NFS3_SYMLINK, NULL, NULL);
  assert_int_equal (symlink ("target", path->a), 0);
  assert_true (lossy_has_lost (path->counted.lossy));
  assert_int_equal (readlink (path->a, target, sizeof target - 1), 6);
  assert_string_equal (target, "target");
}

static void
put_other_link (gpointer data)
{
  const char *path = data;

  assert_int_equal (unlink (path), 0);
  assert_int_equal (symlink ("other", path), 0);
}

static void
a_symlink_of_another_target_is_in_the_way (void **state)
{
  Path *path = *state;
  g_autofree char *there = NULL;

  if (!path_open (path))
    skip ();
  there = counted_dup_there (&path->counted, "a");
  lossy_lose (path->counted.lossy, NFS3_SYMLINK, put_other_link, there);
  assert_int_equal (symlink ("target", path->a), -1);
  assert_int_equal (errno, EEXIST);
  assert_true (lossy_has_lost (path->counted.lossy));
}

/* Or two who make it as a lock could both have it. */
static void
a_directory_is_never_said_to_be_made_when_it_may_be_another_ones (void **state)
{
  Path *path = *state;

  if (!path_open (path))
    skip ();
  lossy_lose (path->counted.lossy, NFS3_MKDIR, NULL, NULL);
  assert_int_equal (mkdir (path->a, 0755), -1);
  assert_int_equal (errno, EEXIST);
  assert_true (lossy_has_lost (path->counted.lossy));
  assert_true (is_there (path, "a"));
}

static void
what_is_removed_is_removed (void **state)
{
  Path *path = *state;

  if (!path_open (path))
    skip ();
  make_file (path->a);
  assert_int_equal (mkdir (path->b, 0755), 0);
  lossy_lose (path->counted.lossy, NFS3_REMOVE, NULL, NULL);
  assert_int_equal (unlink (path->a), 0);
  assert_true (lossy_has_lost (path->counted.lossy));
  lossy_lose (path->counted.lossy, NFS3_RMDIR, NULL, NULL);
  assert_int_equal (rmdir (path->b), 0);
  assert_true (lossy_has_lost (path->counted.lossy));
  assert_false (is_there (path, "a") || is_there (path, "b"));
}

static void
what_gets_another_name_has_it (void **state)
{
  Path *path = *state;

  if (!path_open (path))
    skip ();
  make_file (path->a);
  lossy_lose (path->counted.lossy, NFS3_RENAME, NULL, NULL);
  assert_int_equal (rename (path->a, path->b), 0);
  assert_true (lossy_has_lost (path->counted.lossy));
  lossy_lose (path->counted.lossy, NFS3_LINK, NULL, NULL);
  assert_int_equal (link (path->b, path->a), 0);
  assert_true (lossy_has_lost (path->counted.lossy));
  assert_true (is_there (path, "a") && is_there (path, "b"));
}

/* ---- "later" is an answer ---- */

/* The first one. Meanwhile it is done, as if by somebody else. */
static void
put_off (GByteArray *answer, gpointer data)
{
  Path *self = data;

  if (self->put_off++ == 0)
    forgery_refuse (answer, NFS3ERR_JUKEBOX, 2);
}

static void
what_somebody_else_has_removed_is_not_said_to_be_removed (void **state)
{
  Path *path = *state;

  if (!path_open (path))
    skip ();
  make_file (path->a);
  lossy_forge (path->counted.lossy, NFS3_REMOVE, put_off, path);
  assert_int_equal (unlink (path->a), -1);
  assert_int_equal (errno, ENOENT);
  assert_int_equal (path->put_off, 2);
}

/* ---- a question of some length ---- */

static void
the_longest_target_there_is_is_kept (void **state)
{
  g_autofree char *target = g_strnfill (PATH_MAX - 1, 'x');
  g_autofree char *found = NULL;
  Path *path = *state;

  if (!path_open (path))
    skip ();
  assert_int_equal (symlink (target, path->a), 0);
  found = g_file_read_link (path->a, NULL);
  assert_string_equal (found, target);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (path, a_file_that_is_made_alone_is_made),
    TEST_ON (path, a_symlink_is_made),
    TEST_ON (path, a_symlink_of_another_target_is_in_the_way),
    TEST_ON (path, a_directory_is_never_said_to_be_made_when_it_may_be_another_ones),
    TEST_ON (path, what_is_removed_is_removed),
    TEST_ON (path, what_gets_another_name_has_it),
    TEST_ON (path, what_somebody_else_has_removed_is_not_said_to_be_removed),
    TEST_ON (path, the_longest_target_there_is_is_kept),
  };

  return own_net_run ("asked twice", tests);
}

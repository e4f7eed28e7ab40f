/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes many files asks the server once for each, and loses nothing by it: what another client has made is neither
 * made again nor hidden.
 *
 * Where it is counted what is asked, the volume is one of a single writer: no moment of it is too slow for that. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "support/own-net.h"

#define N_FILES 300u

/* ---- what is spared ---- */

static void
a_burst_of_files_is_asked_for_once_each (void **state)
{
  Counted *ground = *state;
  guint lookups, creates;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_put (ground, "was-there", "");
  counted_learn (ground, "before");
  lookups = lossy_count (ground->lossy, NFS3_LOOKUP);
  creates = lossy_count (ground->lossy, NFS3_CREATE);
  for (guint i = 0; i < N_FILES; i++)
    counted_make_numbered (ground, "file", i);
  assert_int_equal (lossy_count (ground->lossy, NFS3_LOOKUP), lookups);
  assert_int_equal (lossy_count (ground->lossy, NFS3_CREATE), creates + N_FILES);
  assert_int_equal (counted_try (ground, "was-there", O_WRONLY | O_CREAT | O_EXCL), EEXIST);
  assert_int_equal (lossy_count (ground->lossy, NFS3_CREATE), creates + N_FILES);
}

static void
a_volume_of_many_writers_is_spared_questions_too (void **state)
{
  Counted *ground = *state;

  if (!counted_open (ground, counted_shared))
    skip ();
  counted_learn (ground, "file");
}

static void
a_directory_that_was_made_here_is_known_to_be_empty (void **state)
{
  Counted *ground = *state;
  guint lookups, listings;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  lookups = lossy_count (ground->lossy, NFS3_LOOKUP);
  listings = lossy_count (ground->lossy, NFS3_READDIR);
  counted_make (ground, "new/first");
  counted_mkdir (ground, "new/second");
  counted_make (ground, "new/second/third");
  assert_int_equal (lossy_count (ground->lossy, NFS3_LOOKUP), lookups);
  assert_int_equal (lossy_count (ground->lossy, NFS3_READDIR), listings);
}

/* ---- what others make ---- */

static void
what_another_client_has_made_is_not_made_again (void **state)
{
  Counted *ground = *state;
  g_autofree char *path = NULL;
  guint lookups;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  counted_put (ground, "new/theirs", "theirs");
  lookups = lossy_count (ground->lossy, NFS3_LOOKUP);
  assert_int_equal (counted_try (ground, "new/theirs", O_WRONLY | O_CREAT | O_EXCL), EEXIST);
  /* Else this has shown nothing. */
  assert_int_equal (lossy_count (ground->lossy, NFS3_LOOKUP), lookups);
  counted_expect_there (ground, "new/theirs", "theirs");

  counted_mkdir (ground, "other");
  path = counted_dup_there (ground, "other/theirs");
  assert_int_equal (mkdir (path, 0755), 0);
  g_free (path);
  path = counted_dup_here (ground, "other/theirs");
  assert_int_equal (mkdir (path, 0755), -1);
  assert_int_equal (errno, EEXIST);
}

static void
what_another_client_has_made_is_opened (void **state)
{
  static const struct
  {
    const char *directory;
    int flags;
    const char *after;
  } opens[] = { { "a", 0, "theirs" }, { "b", O_APPEND, "theirs" }, { "c", O_TRUNC, "" } };
  Counted *ground = *state;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  for (gsize i = 0; i < G_N_ELEMENTS (opens); i++)
    {
      g_autofree char *name = g_build_filename (opens[i].directory, "theirs", NULL);

      counted_mkdir (ground, opens[i].directory);
      counted_put (ground, name, "theirs");
      assert_int_equal (counted_try (ground, name, O_WRONLY | O_CREAT | opens[i].flags), 0);
      counted_expect_there (ground, name, opens[i].after);
      assert_true (counted_has (ground, name));
    }
}

/* It leads where it leads, and is not replaced; neither of the two names is asked for before. */
static void
a_link_that_another_client_has_made_is_followed (void **state)
{
  Counted *ground = *state;
  g_autofree char *link = NULL;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  counted_put (ground, "target", "theirs");
  link = counted_dup_there (ground, "new/link");
  assert_int_equal (symlink ("../target", link), 0);
  assert_int_equal (counted_try (ground, "new/link", O_WRONLY | O_CREAT | O_TRUNC), 0);
  counted_expect_there (ground, "target", "");
}

/* As another user: the kernel has not looked at the mode of what it believed not to be there. */
static void
what_another_client_has_closed_to_a_user_is_not_opened (void **state)
{
  const uid_t user = 1000;
  Counted *ground = *state;
  g_autofree char *path = NULL;
  g_autofree char *secret = NULL;
  KVOL_AUTO_FD dir = -1;
  int fd, failure;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  path = counted_dup_here (ground, "new");
  assert_int_equal (chmod (path, 0777), 0);
  dir = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true (dir >= 0);
  counted_put (ground, "new/secret", "theirs");
  secret = counted_dup_there (ground, "new/secret");
  assert_int_equal (chmod (secret, 0), 0);
  setfsuid (user);
  fd = openat (dir, "secret", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  failure = errno;
  setfsuid (0);
  assert_int_equal (fd, -1);
  assert_int_equal (failure, EACCES);
}

/* Who makes nothing in the directory is not kept from seeing what others do, whoever else makes files there. */
static void
who_waits_for_a_file_asks_the_server (void **state)
{
  Counted *ground = *state;
  pid_t child;
  int status = -1;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  counted_make (ground, "new/mine");
  counted_put (ground, "new/theirs", "");
  child = fork ();
  if (child == 0)
    _exit (counted_has (ground, "new/theirs") ? 0 : 1);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
}

/* The kernel keeps nothing of names that are not there, where there are many writers. */
static void
who_asks_again_is_told_what_the_server_says (void **state)
{
  Counted *ground = *state;

  if (!counted_open (ground, counted_shared))
    skip ();
  counted_learn (ground, "file");
  counted_put (ground, "theirs", "");
  counted_has (ground, "theirs");
  assert_true (counted_has (ground, "theirs"));
}

static void
put_theirs (gpointer data)
{
  counted_put (data, "new/theirs", "");
}

static void
what_was_known_of_a_server_that_is_lost_is_not_believed (void **state)
{
  Counted *ground = *state;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  lossy_lose (ground->lossy, NFS3_CREATE, put_theirs, ground);
  /* Which succeeds when it is asked twice, and so tells of no other client. */
  assert_int_equal (counted_try (ground, "new/mine", O_WRONLY | O_CREAT | O_EXCL), 0);
  assert_true (lossy_has_lost (ground->lossy));
  assert_true (counted_has (ground, "new/theirs"));
}

/* ---- names that come otherwise ---- */

/* A name that is to be made by O_EXCL is looked up again, whatever the kernel knows; what is believed to be absent is
 * asked for by CREATE. */
static void
assert_known (const Counted *self, const char *name)
{
  const guint creates = lossy_count (self->lossy, NFS3_CREATE);

  assert_int_equal (counted_try (self, name, O_WRONLY | O_CREAT | O_EXCL), EEXIST);
  assert_int_equal (lossy_count (self->lossy, NFS3_CREATE), creates);
}

/* Each of them is new: of names that were made before, it is known that they may be there. */
static void
names_that_came_here_by_other_ways_are_there (void **state)
{
  Counted *ground = *state;
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  g_autofree char *c = NULL;
  g_autofree char *d = NULL;
  g_autofree char *e = NULL;
  g_autofree char *f = NULL;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  a = counted_dup_here (ground, "new/a");
  b = counted_dup_here (ground, "new/b");
  c = counted_dup_here (ground, "new/c");
  d = counted_dup_here (ground, "new/d");
  e = counted_dup_here (ground, "new/e");
  f = counted_dup_here (ground, "new/f");
  counted_make (ground, "new/a");
  assert_int_equal (rename (a, b), 0);
  assert_known (ground, "new/b");
  assert_int_equal (link (b, c), 0);
  assert_known (ground, "new/c");
  assert_int_equal (symlink ("a", d), 0);
  assert_known (ground, "new/d");
  assert_int_equal (mknod (e, S_IFIFO | 0644, 0), 0);
  assert_known (ground, "new/e");
  assert_int_equal (mkdir (f, 0755), 0);
  assert_known (ground, "new/f");
  assert_int_equal (unlink (d), 0);
  assert_false (counted_has (ground, "new/d"));
  counted_make (ground, "new/d");
  assert_known (ground, "new/d");
}

static char *
find_silly (const Counted *self)
{
  g_autofree char *path = counted_dup_there (self, "new");
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, ".nfs"))
      return g_build_filename ("new", name, NULL);
  fail_msg ("there is no name of an open file");
  return NULL;
}

static void
the_name_of_an_open_file_that_was_removed_is_there (void **state)
{
  Counted *ground = *state;
  g_autofree char *path = NULL;
  g_autofree char *silly = NULL;
  KVOL_AUTO_FD fd = -1;

  if (!counted_open (ground, counted_alone))
    skip ();
  counted_learn (ground, "before");
  counted_mkdir (ground, "new");
  path = counted_dup_here (ground, "new/open");
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  assert_true (fd >= 0);
  assert_int_equal (unlink (path), 0);
  silly = find_silly (ground);
  assert_known (ground, silly);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (counted, a_burst_of_files_is_asked_for_once_each),
    TEST_ON (counted, a_volume_of_many_writers_is_spared_questions_too),
    TEST_ON (counted, a_directory_that_was_made_here_is_known_to_be_empty),
    TEST_ON (counted, what_another_client_has_made_is_not_made_again),
    TEST_ON (counted, what_another_client_has_made_is_opened),
    TEST_ON (counted, a_link_that_another_client_has_made_is_followed),
    TEST_ON (counted, what_another_client_has_closed_to_a_user_is_not_opened),
    TEST_ON (counted, who_waits_for_a_file_asks_the_server),
    TEST_ON (counted, who_asks_again_is_told_what_the_server_says),
    TEST_ON (counted, what_was_known_of_a_server_that_is_lost_is_not_believed),
    TEST_ON (counted, names_that_came_here_by_other_ways_are_there),
    TEST_ON (counted, the_name_of_an_open_file_that_was_removed_is_there),
  };

  return own_net_run ("absent names", tests);
}

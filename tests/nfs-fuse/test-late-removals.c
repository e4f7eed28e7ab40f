/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who removes a name, or puts another file in its place, is killed before he is answered, and the server comes to it
 * late, or its answer does. What is made by that name afterwards stays, and so does a file that is open; and when it is
 * closed no name is left that it lived on by. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "support/own-net.h"

#define OLDER "earlier"
#define NEWER "written"
/* Who does not wait is done long before. */
#define LONG_USEC G_USEC_PER_SEC
#define PATIENCE_USEC (30 * G_USEC_PER_SEC)

typedef struct Ground Ground;
typedef gboolean (*Deed) (const Ground *self);

/* What is done late, and what is done before that. */
typedef struct
{
  const char *name;
  guint procedure;
  Deed late;
  Deed meanwhile;
  const char *stays;
  const char *text; /* that it has; NULL: it is a directory */
} Row;

struct Ground
{
  const Row *row;
  Counted counted;
  char *file;
  char *other;
  char *directory;
  int fd;          /* -1: the file is not open */
  GThread *thread; /* NULL: none */
  gint done;       /* atomic: what the thread does */
};

static void
ground_clear (Ground *self)
{
  /* The test has failed, and the thread may be waiting for an answer. */
  if (self->thread != NULL)
    {
      kill (self->counted.volume.pid, SIGKILL);
      g_thread_join (self->thread);
    }
  if (self->file != NULL)
    kvol_clear_fd (&self->fd);
  counted_clear (&self->counted);
  g_free (self->file);
  g_free (self->other);
  g_free (self->directory);
}
TEST_ROW_STATE (Ground, ground)

static gboolean
put_here (const char *path, const char *text)
{
  KVOL_AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const gssize length = (gssize) strlen (text);

  return fd >= 0 && write (fd, text, (gsize) length) == length && fsync (fd) == 0;
}

/* The kernel knows the names, so that what it asks for is asked because of what is done here. */
static void
ground_open (Ground *self)
{
  if (!counted_open (&self->counted, counted_alone_in_turn))
    skip ();
  self->fd = -1;
  self->file = counted_dup_here (&self->counted, "file");
  self->other = counted_dup_here (&self->counted, "other");
  self->directory = counted_dup_here (&self->counted, "directory");
  assert_true (put_here (self->file, OLDER) && put_here (self->other, OLDER));
  assert_int_equal (mkdir (self->directory, 0755), 0);
}

/* ---- deeds ---- */

static gboolean
remove_file (const Ground *self)
{
  return unlink (self->file) == 0;
}

static gboolean
replace_file (const Ground *self)
{
  return rename (self->other, self->file) == 0;
}

static gboolean
remove_directory (const Ground *self)
{
  return rmdir (self->directory) == 0;
}

static gboolean
make_file (const Ground *self)
{
  return put_here (self->file, NEWER);
}

/* The kernel asks for no name that it has just been told. */
static gboolean
list_and_make_file (const Ground *self)
{
  DIR *directory = opendir (self->counted.volume.path);
  gboolean there = FALSE;
  const struct dirent *entry;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    there |= g_str_equal (entry->d_name, "other");
  if (directory != NULL)
    closedir (directory);
  return there && make_file (self);
}

static gboolean
make_other (const Ground *self)
{
  return put_here (self->other, NEWER);
}

static gboolean
move_other (const Ground *self)
{
  return put_here (self->other, NEWER) && rename (self->other, self->file) == 0;
}

static gboolean
make_directory (const Ground *self)
{
  return mkdir (self->directory, 0755) == 0;
}

/* ---- and in which order ---- */

/* Somebody has done that, and is not there any more when the server comes to this, or its answer does. */
static void
be_killed_at (Ground *self, guint procedure, LossyPart part, Deed deed)
{
  int status;
  pid_t child;

  lossy_detain (self->counted.lossy, procedure, part);
  child = fork ();
  if (child == 0)
    _exit (deed (self) ? 0 : 1);
  assert_true (child > 0);
  lossy_await_detained (self->counted.lossy);
  assert_int_equal (kill (child, SIGKILL), 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
}

typedef struct
{
  Ground *ground;
  Deed deed;
} Order;

static gpointer
obey (gpointer data)
{
  g_autofree Order *order = data;
  const gboolean good = order->deed (order->ground);

  g_atomic_int_set (&order->ground->done, TRUE);
  return GINT_TO_POINTER (good);
}

/* The server comes to it when this is done, or waits; and has done it when this returns. */
static gboolean
do_meanwhile (Ground *self, Deed deed)
{
  const gint64 end = g_get_monotonic_time () + LONG_USEC;
  Order *order = g_new (Order, 1);
  gboolean good;

  *order = (Order){ self, deed };
  self->thread = g_thread_new ("deed", obey, order);
  while (!g_atomic_int_get (&self->done) && g_get_monotonic_time () < end)
    g_usleep (1000);
  lossy_release (self->counted.lossy);
  good = GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->thread)));
  counted_await_last_answers (&self->counted);
  return good;
}

static const Row rows[] = {
  { "a_file_that_is_made_after_a_removal_stays", NFS3_REMOVE, remove_file, make_file, "file", NEWER },
  { "a_file_that_is_made_after_a_removal_and_a_listing_stays", NFS3_REMOVE, remove_file, list_and_make_file, "file",
    NEWER },
  { "a_file_that_gets_the_name_after_a_removal_keeps_it", NFS3_REMOVE, remove_file, move_other, "file", NEWER },
  { "a_file_that_is_made_after_its_name_was_changed_stays", NFS3_RENAME, replace_file, make_other, "other", NEWER },
  { "a_file_that_is_made_after_another_took_its_name_stays", NFS3_RENAME, replace_file, make_file, "file", NEWER },
  { "a_directory_that_is_made_after_a_removal_stays", NFS3_RMDIR, remove_directory, make_directory, "directory", NULL },
};

static void
what_is_made_afterwards_stays (void **state)
{
  Ground *ground = *state;
  const Row *row = ground->row;

  ground_open (ground);
  be_killed_at (ground, row->procedure, LOSSY_CALL, row->late);
  assert_true (do_meanwhile (ground, row->meanwhile));
  if (row->text != NULL)
    counted_expect_there (&ground->counted, row->stays, row->text);
  else
    assert_true (counted_has (&ground->counted, row->stays));
}

/* ---- files that are open ---- */

/* The path of a name that open files live on by; NULL: there is none. */
static char *
dup_kept (const Ground *self)
{
  DIR *directory = opendir (self->counted.export.data);
  const struct dirent *entry;
  char *path = NULL;

  assert_non_null (directory);
  while (path == NULL && (entry = readdir (directory)) != NULL)
    if (g_str_has_prefix (entry->d_name, ".nfs"))
      path = counted_dup_here (&self->counted, entry->d_name);
  closedir (directory);
  return path;
}

static gboolean
is_any_kept (const Ground *self)
{
  g_autofree char *path = dup_kept (self);

  return path != NULL;
}

static void
open_file (Ground *self)
{
  self->fd = open (self->file, O_RDWR | O_CLOEXEC);
  assert_true (self->fd >= 0);
}

/* It is there as long as it is open, and all its names are gone afterwards. */
static void
assert_lives_until_it_is_closed (Ground *self)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;
  struct stat status;

  assert_int_equal (fstat (self->fd, &status), 0);
  assert_int_equal (ftruncate (self->fd, 1), 0);
  kvol_clear_fd (&self->fd);
  while (is_any_kept (self))
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (1000);
    }
}

/* By then it has a second name, for the sake of which its first one is just removed. */
static void
a_file_whose_removal_comes_between_lives_until_it_is_closed (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  open_file (ground);
  be_killed_at (ground, NFS3_LINK, LOSSY_ANSWER, replace_file);
  assert_true (do_meanwhile (ground, remove_file));
  assert_false (counted_has (&ground->counted, "file"));
  assert_lives_until_it_is_closed (ground);
}

/* Each of both who remove it gives it a name. */
static void
a_file_that_is_removed_twice_lives_until_it_is_closed (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  open_file (ground);
  be_killed_at (ground, NFS3_LINK, LOSSY_CALL, replace_file);
  assert_true (do_meanwhile (ground, remove_file));
  assert_lives_until_it_is_closed (ground);
}

static gboolean
remove_kept (const Ground *self)
{
  g_autofree char *path = dup_kept (self);

  return path != NULL && unlink (path) == 0;
}

static void
the_name_it_lives_on_by_is_not_removed_before_that_is_heard (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  open_file (ground);
  be_killed_at (ground, NFS3_RENAME, LOSSY_ANSWER, remove_file);
  assert_false (do_meanwhile (ground, remove_kept));
  assert_lives_until_it_is_closed (ground);
}

static gboolean
replace_kept (const Ground *self)
{
  g_autofree char *path = dup_kept (self);

  return path != NULL && rename (self->other, path) == 0;
}

static void
nothing_takes_the_name_it_lives_on_by (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  open_file (ground);
  assert_int_equal (unlink (ground->file), 0);
  assert_false (replace_kept (ground));
  assert_true (counted_has (&ground->counted, "other"));
  assert_lives_until_it_is_closed (ground);
  assert_true (counted_has (&ground->counted, "other"));
}

int
main (void)
{
  const struct CMUnitTest open_files[] = {
    TEST_ON (ground, a_file_whose_removal_comes_between_lives_until_it_is_closed),
    TEST_ON (ground, a_file_that_is_removed_twice_lives_until_it_is_closed),
    TEST_ON (ground, the_name_it_lives_on_by_is_not_removed_before_that_is_heard),
    TEST_ON (ground, nothing_takes_the_name_it_lives_on_by),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + G_N_ELEMENTS (open_files)];

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    tests[i] = TEST_ON_ROW (ground, &rows[i], what_is_made_afterwards_stays);
  memcpy (tests + G_N_ELEMENTS (rows), open_files, sizeof open_files);
  return own_net_run ("late removals", tests);
}

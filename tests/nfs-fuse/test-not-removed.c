/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* To remove a file that somebody has open, or to put another one in its place, takes several questions. Who is killed
 * before the last of them has nothing removed later, when the name may be another file's; and whoever has the file open
 * has it whatever became of that. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/counted.h"
#include "nfs-fuse/gate.h"
#include "support/own-net.h"

#define PATIENCE_USEC (30 * G_USEC_PER_SEC)

typedef struct
{
  Counted counted;
  Gate gate;
  char *file; /* that is open */
  char *other;
  int fd;
  pid_t child;
  guint skips; /* so many answers come before the one that waits */
} Ground;

static void
ground_clear (Ground *self)
{
  gate_open (&self->gate);
  counted_clear (&self->counted);
  if (self->file != NULL)
    kvol_clear_fd (&self->fd);
  g_free (self->file);
  g_free (self->other);
}
TEST_STATE (Ground, ground)

/* The kernel knows the names, so that what it asks for is asked because of what is done here. */
static void
ground_open (Ground *self)
{
  if (!counted_open (&self->counted, counted_alone_in_turn))
    skip ();
  self->file = counted_dup_here (&self->counted, "file");
  self->other = counted_dup_here (&self->counted, "other");
  counted_make (&self->counted, "other");
  self->fd = open (self->file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  assert_true (self->fd >= 0);
}

static gboolean
is_there (const Ground *self, const char *name)
{
  g_autofree char *path = counted_dup_there (&self->counted, name);

  return access (path, F_OK) == 0;
}

/* How many names open files live on by, there. */
static int
count_kept (const Ground *self)
{
  DIR *directory = opendir (self->counted.export.data);
  const struct dirent *entry;
  int n = 0;

  assert_non_null (directory);
  while ((entry = readdir (directory)) != NULL)
    n += g_str_has_prefix (entry->d_name, ".nfs");
  closedir (directory);
  return n;
}

static void
await_none_kept (const Ground *self)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;

  while (count_kept (self) > 0)
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (1000);
    }
}

typedef int (*Deed) (const Ground *self);

static int
remove_file (const Ground *self)
{
  return unlink (self->file);
}

static int
replace_file (const Ground *self)
{
  return rename (self->other, self->file);
}

static void
start (Ground *self, Deed deed)
{
  self->child = fork ();
  if (self->child == 0)
    _exit (deed (self) != 0);
  assert_true (self->child > 0);
}

static void
kill_child (gpointer data)
{
  Ground *self = data;

  kill (self->child, SIGKILL);
  waitpid (self->child, NULL, 0);
}

static void
wait_at_gate (GByteArray *answer, gpointer data)
{
  Ground *self = data;

  if (self->skips > 0)
    self->skips--;
  else
    gate_wait (answer, &self->gate);
}

/* The answer to this waits until he is gone. */
static void
be_killed_at (Ground *self, guint procedure, Deed deed)
{
  lossy_forge (self->counted.lossy, procedure, wait_at_gate, self);
  start (self, deed);
  gate_await_guest (&self->gate);
  kill_child (self);
  gate_open (&self->gate);
  counted_await_last_answers (&self->counted);
}

static void
a_removal_by_one_who_was_killed_is_not_made_later (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  be_killed_at (ground, NFS3_LOOKUP, remove_file);
  assert_true (is_there (ground, "file"));
  assert_int_equal (count_kept (ground), 0);
}

/* What is to be replaced the kernel always looks up. */
static void
nothing_is_replaced_later_by_one_who_was_killed (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  ground->skips = 1;
  be_killed_at (ground, NFS3_LOOKUP, replace_file);
  assert_true (is_there (ground, "other"));
  assert_int_equal (count_kept (ground), 0);
}

static void
nothing_is_replaced_later_when_it_has_got_another_name (void **state)
{
  Ground *ground = *state;

  ground_open (ground);
  be_killed_at (ground, NFS3_LINK, replace_file);
  assert_true (is_there (ground, "other"));
  kvol_clear_fd (&ground->fd);
  await_none_kept (ground);
  assert_true (is_there (ground, "file"));
}

/* The server has done it, and nobody hears of it. */
static void
lose_unheard (Ground *self, Deed deed)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_USEC;

  lossy_lose (self->counted.lossy, NFS3_RENAME, kill_child, self);
  start (self, deed);
  while (kill (self->child, 0) == 0)
    {
      assert_true (g_get_monotonic_time () < end);
      g_usleep (1000);
    }
  counted_await_last_answers (&self->counted);
}

static void
who_has_the_file_open_keeps_it (Ground *self, Deed deed)
{
  struct stat status;

  ground_open (self);
  lose_unheard (self, deed);
  assert_int_equal (count_kept (self), 1);
  assert_int_equal (fstat (self->fd, &status), 0);
  assert_int_equal (ftruncate (self->fd, 1), 0);
  kvol_clear_fd (&self->fd);
  await_none_kept (self);
}

static void
what_was_replaced_unheard_is_there_until_it_is_closed (void **state)
{
  who_has_the_file_open_keeps_it (*state, replace_file);
}

static void
what_was_removed_unheard_is_there_until_it_is_closed (void **state)
{
  who_has_the_file_open_keeps_it (*state, remove_file);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, a_removal_by_one_who_was_killed_is_not_made_later),
    TEST_ON (ground, nothing_is_replaced_later_by_one_who_was_killed),
    TEST_ON (ground, nothing_is_replaced_later_when_it_has_got_another_name),
    TEST_ON (ground, what_was_replaced_unheard_is_there_until_it_is_closed),
    TEST_ON (ground, what_was_removed_unheard_is_there_until_it_is_closed),
  };

  return own_net_run ("removals that are given up", tests);
}

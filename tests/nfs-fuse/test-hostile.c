/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers whose answers are unusual or wrong, and several users of one volume: what was written stays, what is said to
 * one is not said to another, and no answer does more harm than an error. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/odd-ground.h"
#include "support/own-net.h"
#include "support/scratch.h"

/* Together more than is kept of all files, each less than is kept of one. */
#define N_FILES 18
#define BLOCKS_PER_FILE 16
#define BLOCK (1 << 20)

/* Enough for kvol-nfs, and soon filled. */
#define MEMORY ((rlim_t) 128 << 20)

/* What a child does as another user; it answers an exit status. */
typedef int (*Act) (const char *path, int fd);

static int
do_as (uid_t uid, gid_t gid, Act act, const char *path, int fd)
{
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (setgroups (0, NULL) == 0 && setresgid (gid, gid, gid) == 0 && setresuid (uid, uid, uid) == 0 ? act (path, fd)
                                                                                                        : 99);
  assert_int_equal (waitpid (child, &status, 0), child);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static char *
file_of (const Served *volume)
{
  return g_build_filename (volume->path, "file", NULL);
}

static void
odd_begin (OddGround *self, const OddManners *manners, const char *const *more)
{
  self->manners = *manners;
  odd_ground_open (self, more);
}

/* ---- what was written ---- */

static void
a_lasting_write_is_not_undone_by_an_older_one_that_is_repeated (void **state)
{
  const OddManners manners = { .lasting = 1 };
  OddGround *odd = *state;
  g_autofree char *content = NULL;
  int fd;

  odd_begin (odd, &manners, NULL);
  fd = open (odd->path, O_RDWR | O_CLOEXEC);
  assert_int_equal (pwrite (fd, "old", 3, 0), 3);
  assert_int_equal (pwrite (fd, "new", 3, 0), 3);
  g_atomic_int_set (&odd->manners.forgets, TRUE);
  assert_int_equal (fsync (fd), 0);
  assert_false (g_atomic_int_get (&odd->manners.forgets));
  close (fd);
  content = odd_server_dup_lasting (odd->server);
  assert_string_equal (content, "new");
  served_stop (&odd->volume);
}

static void
what_a_server_lost_is_not_read_before_it_is_written_again (void **state)
{
  const OddManners manners = { 0 };
  OddGround *odd = *state;
  char buffer[16] = "";
  int fd;

  odd_begin (odd, &manners, NULL);
  fd = open (odd->path, O_RDWR | O_CLOEXEC);
  assert_int_equal (pwrite (fd, "written", 7, 0), 7);
  assert_int_equal (posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  g_atomic_int_set (&odd->manners.dies, TRUE);
  assert_int_equal (pread (fd, buffer, sizeof buffer, 0), 7);
  assert_false (g_atomic_int_get (&odd->manners.dies));
  assert_string_equal (buffer, "written");
  close (fd);
  served_stop (&odd->volume);
}

static int
read_and_close (const char *path, int fd)
{
  char byte;
  int own = open (path, O_RDONLY | O_CLOEXEC);

  if (own < 0 || read (own, &byte, 1) != 1)
    return errno;
  return close (own) == 0 ? 0 : errno;
}

static void
a_reader_who_may_not_commit_makes_no_writer_lose_anything (void **state)
{
  const OddManners manners = { .denies = ODD_READER };
  OddGround *odd = *state;
  g_autofree char *content = NULL;
  int fd;

  odd_begin (odd, &manners, NULL);
  fd = open (odd->path, O_RDWR | O_CLOEXEC);
  assert_int_equal (pwrite (fd, "written", 7, 0), 7);
  assert_int_equal (do_as (ODD_READER, ODD_READER, read_and_close, odd->path, -1), 0);
  assert_int_equal (fsync (fd), 0);
  close (fd);
  content = odd_server_dup_lasting (odd->server);
  assert_string_equal (content, "written");
  served_stop (&odd->volume);
}

static int
write_and_sync (const char *path, int fd)
{
  int own = open (path, O_RDWR | O_CLOEXEC);

  if (own < 0 || pwrite (own, "by the group", 12, 0) != 12)
    return errno;
  return fsync (own) == 0 && close (own) == 0 ? 0 : errno;
}

static void
who_writes_a_file_of_another_user_can_sync_it (void **state)
{
  const OddManners manners = { .keeps_times = TRUE };
  OddGround *odd = *state;
  g_autofree char *content = NULL;

  odd_begin (odd, &manners, (const char *const[]){ "--single-writer", NULL });
  assert_int_equal (do_as (ODD_READER, ODD_GROUP, write_and_sync, odd->path, -1), 0);
  content = odd_server_dup_lasting (odd->server);
  assert_string_equal (content, "by the group");
  served_stop (&odd->volume);
}

static int
write_and_sync_again (const char *path, int fd)
{
  return write_and_sync (path, fd) == 0 ? write_and_sync (path, fd) : errno;
}

static void
what_a_server_cannot_commit_is_written_again (void **state)
{
  const OddManners manners = { .denies = ODD_OWNER };
  OddGround *odd = *state;
  g_autofree char *content = NULL;

  odd_begin (odd, &manners, NULL);
  assert_int_equal (do_as (ODD_OWNER, ODD_GROUP, write_and_sync_again, odd->path, -1), 0);
  assert_true (g_atomic_int_get (&odd->manners.n_commits) == 0);
  content = odd_server_dup_lasting (odd->server);
  assert_string_equal (content, "by the group");
  served_stop (&odd->volume);
}

static void
files_that_are_not_synced_do_not_take_all_memory (void **state)
{
  const OddManners manners = { 0 };
  OddGround *odd = *state;
  g_autofree char *block = g_malloc0 (BLOCK);
  int fds[N_FILES];

  odd_begin (odd, &manners, NULL);
  for (int i = 0; i < N_FILES; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/file-%d", odd->volume.path, i);

      fds[i] = open (path, O_WRONLY | O_CLOEXEC);
      for (int k = 0; k < BLOCKS_PER_FILE; k++)
        assert_int_equal (pwrite (fds[i], block, BLOCK, (off_t) k * BLOCK), BLOCK);
    }
  assert_true (g_atomic_int_get (&odd->manners.n_commits) > 0);
  for (int i = 0; i < N_FILES; i++)
    assert_int_equal (close (fds[i]), 0);
  served_stop (&odd->volume);
}

/* ---- answers that are not ---- */

static void
an_answer_longer_than_its_message_is_an_error (void **state)
{
  const gint lengths[] = { 0x7ffffff0, (gint) 0xfffffff0, 0x100000 };
  const OddManners manners = { 0 };
  OddGround *odd = *state;
  char buffer[16];
  int fd;

  odd_begin (odd, &manners, NULL);
  fd = open (odd->path, O_RDWR | O_CLOEXEC);
  assert_int_equal (pwrite (fd, "hello", 5, 0), 5);
  assert_int_equal (fsync (fd), 0);
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_atomic_int_set (&odd->manners.read_length, lengths[i]);
      assert_int_equal (posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED), 0);
      assert_int_equal (pread (fd, buffer, sizeof buffer, 0), -1);
      assert_int_equal (errno, EIO);
    }
  g_atomic_int_set (&odd->manners.read_length, 0);
  assert_int_equal (pread (fd, buffer, sizeof buffer, 0), 5);
  close (fd);
  served_stop (&odd->volume);
}

/* Two that begin alike would become one file. */
static void
a_handle_that_is_too_long_is_an_error (void **state)
{
  const OddManners manners = { 0 };
  OddGround *odd = *state;
  g_autofree char *name = g_strnfill (65, 'x');
  g_autofree char *path = NULL;
  struct stat status;

  odd_begin (odd, &manners, NULL);
  path = g_build_filename (odd->volume.path, name, NULL);
  assert_int_equal (stat (path, &status), -1);
  assert_int_equal (errno, EIO);
  path[strlen (path) - 1] = '\0';
  assert_int_equal (stat (path, &status), 0);
  served_stop (&odd->volume);
}

/* It keeps to the limit for good. */
static void
assert_limited (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/limits", (int) pid);
  g_autofree char *wanted = g_strdup_printf ("^Max data size +%" G_GUINT64_FORMAT " +%" G_GUINT64_FORMAT " ",
                                             (guint64) MEMORY, (guint64) MEMORY);
  g_autofree char *text = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_true (g_regex_match_simple (wanted, text, G_REGEX_MULTILINE, 0));
}

static void
an_answer_without_an_end_costs_a_connection_only (void **state)
{
  OddGround *odd = *state;
  struct rlimit little;
  struct rlimit all;
  struct stat status;

#ifdef __SANITIZE_ADDRESS__
  print_message ("# skip: AddressSanitizer takes more memory than there may be\n");
  skip ();
#endif
  odd_ground_open_server (odd);
  /* kvol-nfs has it from here. */
  assert_int_equal (getrlimit (RLIMIT_DATA, &all), 0);
  little = (struct rlimit){ MIN (MEMORY, all.rlim_max), all.rlim_max };
  assert_int_equal (setrlimit (RLIMIT_DATA, &little), 0);
  odd_ground_open_volume (odd, NULL);
  assert_int_equal (setrlimit (RLIMIT_DATA, &all), 0);
  assert_limited (odd->volume.pid);
  g_atomic_int_set (&odd->manners.fragments, TRUE);
  if (stat (odd->path, &status) < 0)
    fail_msg ("%s", g_strerror (errno));
  assert_false (g_atomic_int_get (&odd->manners.fragments));
  served_stop (&odd->volume);
}

/* It comes over another connection. */
static void
assert_read_without (OddGround *odd, gint *fault)
{
  const OddManners manners = { 0 };
  char buffer[16] = "";
  int fd;

  odd_begin (odd, &manners, (const char *const[]){ "--timeo=0.5", NULL });
  fd = open (odd->path, O_RDWR | O_CLOEXEC);
  assert_int_equal (pwrite (fd, "written", 7, 0), 7);
  assert_int_equal (fsync (fd), 0);
  assert_int_equal (posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  g_atomic_int_set (fault, TRUE);
  assert_int_equal (pread (fd, buffer, sizeof buffer, 0), 7);
  assert_false (g_atomic_int_get (fault));
  assert_string_equal (buffer, "written");
  close (fd);
  served_stop (&odd->volume);
}

static void
an_answer_that_is_lost_is_asked_for_again (void **state)
{
  OddGround *odd = *state;

  assert_read_without (odd, &odd->manners.swallows);
}

static void
an_answer_to_nothing_that_was_asked_is_none (void **state)
{
  OddGround *odd = *state;

  assert_read_without (odd, &odd->manners.mistakes);
}

/* ---- several users ---- */

static int
open_and_tell (const char *path, int fd)
{
  char byte = 0;
  int own = open (path, O_RDONLY | O_CLOEXEC);

  if (own < 0 || write (fd, "x", 1) != 1 || read (fd, &byte, 1) != 1)
    return errno;
  return read (own, &byte, 1) == 1 && byte == 'c' && close (own) == 0 ? 0 : errno;
}

static void
the_name_of_an_unlinked_file_goes_with_its_last_reader (void **state)
{
  ServedGround *ground = *state;
  g_autofree char *path = NULL;
  int ends[2];
  pid_t child;
  char byte;
  int status = -1;

  if (!served_ground_open (ground, NULL))
    skip ();
  path = file_of (&ground->volume);
  assert_true (g_file_set_contents (path, "content", -1, NULL));
  assert_int_equal (chmod (path, 0644) | chmod (ground->volume.path, 0755), 0);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  child = fork ();
  if (child == 0)
    _exit (do_as (ODD_READER, ODD_READER, open_and_tell, path, ends[1]));
  assert_int_equal (read (ends[0], &byte, 1), 1);
  assert_int_equal (unlink (path), 0);
  assert_int_equal (scratch_count_names (ground->export.data), 1);
  assert_int_equal (write (ends[0], "x", 1), 1);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
  close (ends[0]);
  close (ends[1]);
  /* The removal is under way when the file has been closed, and is over when the volume is. */
  served_stop (&ground->volume);
  assert_int_equal (scratch_count_names (ground->export.data), 0);
}

static void
the_name_of_an_unlinked_file_cannot_be_taken_from_its_reader (void **state)
{
  ServedGround *ground = *state;
  g_autofree char *path = NULL;
  g_autofree char *kept = NULL;
  g_autoptr (GDir) dir = NULL;
  int fd;

  if (!served_ground_open (ground, NULL))
    skip ();
  path = file_of (&ground->volume);
  assert_true (g_file_set_contents (path, "content", -1, NULL));
  fd = open (path, O_RDWR | O_CLOEXEC);
  assert_int_equal (unlink (path), 0);
  dir = g_dir_open (ground->volume.path, 0, NULL);
  kept = g_build_filename (ground->volume.path, g_dir_read_name (dir), NULL);
  assert_int_equal (unlink (kept), -1);
  assert_int_equal (errno, EBUSY);
  assert_int_equal (pwrite (fd, "C", 1, 0), 1);
  assert_int_equal (fsync (fd), 0);
  close (fd);
  g_clear_pointer (&dir, g_dir_close);
  served_stop (&ground->volume);
  assert_int_equal (scratch_count_names (ground->export.data), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (odd_ground, a_lasting_write_is_not_undone_by_an_older_one_that_is_repeated),
    TEST_ON (odd_ground, what_a_server_lost_is_not_read_before_it_is_written_again),
    TEST_ON (odd_ground, a_reader_who_may_not_commit_makes_no_writer_lose_anything),
    TEST_ON (odd_ground, who_writes_a_file_of_another_user_can_sync_it),
    TEST_ON (odd_ground, what_a_server_cannot_commit_is_written_again),
    TEST_ON (odd_ground, files_that_are_not_synced_do_not_take_all_memory),
    TEST_ON (odd_ground, a_handle_that_is_too_long_is_an_error),
    TEST_ON (odd_ground, an_answer_longer_than_its_message_is_an_error),
    TEST_ON (odd_ground, an_answer_without_an_end_costs_a_connection_only),
    TEST_ON (odd_ground, an_answer_that_is_lost_is_asked_for_again),
    TEST_ON (odd_ground, an_answer_to_nothing_that_was_asked_is_none),
    TEST_ON (served_ground, the_name_of_an_unlinked_file_goes_with_its_last_reader),
    TEST_ON (served_ground, the_name_of_an_unlinked_file_cannot_be_taken_from_its_reader),
  };

  return own_net_run ("hostile servers", tests);
}

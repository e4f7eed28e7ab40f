/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of a volume whose permissions the server alone judges, nobody gets at anything through what the kernel has kept for
 * another user, as little as where the kernel judges as well; and everybody may do what the server lets him do. The
 * server here tells users apart, which is harder than the one for which it is made. */
#include <dirent.h>
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

#include "nfs-fuse/served.h"
#include "support/as-user.h"
#include "support/own-net.h"

#define OWNER 4711
#define STRANGER 4712

/* ---- deeds ---- */

static int
failure_unless (gboolean good)
{
  return good ? 0 : errno;
}

static int
look (gconstpointer name)
{
  struct stat status;

  return failure_unless (stat (name, &status) == 0);
}

static int
read_it (gconstpointer name)
{
  KVOL_AUTO_FD fd = open (name, O_RDONLY | O_CLOEXEC);
  char bytes[16];

  return failure_unless (fd >= 0 && read (fd, bytes, sizeof bytes) > 0);
}

static int
write_it (gconstpointer name)
{
  KVOL_AUTO_FD fd = open (name, O_WRONLY | O_CLOEXEC);

  return failure_unless (fd >= 0 && write (fd, "more", 4) == 4);
}

/* By this the kernel is told of all that is in it. */
static int
list (gconstpointer name)
{
  DIR *dir = opendir (name);

  if (dir == NULL)
    return errno;
  while (readdir (dir) != NULL)
    ;
  return failure_unless (closedir (dir) == 0);
}

static int
enter (gconstpointer name)
{
  return failure_unless (chdir (name) == 0);
}

static int
ask_to_read (gconstpointer name)
{
  return failure_unless (access (name, R_OK) == 0);
}

static int
ask_to_write (gconstpointer name)
{
  return failure_unless (access (name, W_OK) == 0);
}

static int
ask_to_search (gconstpointer name)
{
  return failure_unless (access (name, X_OK) == 0);
}

static int
make (gconstpointer name)
{
  return failure_unless (mknod (name, S_IFREG | 0644, 0) == 0);
}

static int
cut (gconstpointer name)
{
  return failure_unless (truncate (name, 1) == 0);
}

static int
set_mode (gconstpointer name)
{
  return failure_unless (chmod (name, 0777) == 0);
}

static int
run (gconstpointer name)
{
  char *const arguments[] = { (char *) name, NULL };

  execv (name, arguments);
  return errno;
}

/* ---- the volumes ---- */

static const char *const shared[] = { "--server-judges", NULL };
static const char *const alone[] = { "--server-judges", "--single-writer", NULL };
static const char *const *const kinds[] = { shared, alone };

static void
give (const ServedGround *ground, const char *name, mode_t mode)
{
  g_autofree char *path = g_build_filename (ground->export.data, name, NULL);

  assert_int_equal (chown (path, OWNER, OWNER), 0);
  assert_int_equal (chmod (path, mode), 0);
}

static void
put_dir (const ServedGround *ground, const char *name, mode_t mode)
{
  g_autofree char *path = g_build_filename (ground->export.data, name, NULL);

  assert_int_equal (mkdir (path, 0700), 0);
  give (ground, name, mode);
}

static void
put_file (const ServedGround *ground, const char *name, mode_t mode)
{
  g_autofree char *path = g_build_filename (ground->export.data, name, NULL);

  assert_true (g_file_set_contents (path, "content", -1, NULL));
  give (ground, name, mode);
}

/* ---- what is to be refused ---- */

typedef struct
{
  AsUserDeed deed;
  const char *name;
} Try;

/* The owner does it before, so that the kernel has all that it could keep, and afterwards. */
static void
assert_the_owner_s_alone (const ServedGround *ground, const Try *tries, gsize n, int refusal)
{
  const char *place = ground->volume.path;

  for (gsize i = 0; i < n; i++)
    assert_int_equal (as_user (OWNER, place, tries[i].deed, tries[i].name), 0);
  for (gsize i = 0; i < n; i++)
    if (as_user (STRANGER, place, tries[i].deed, tries[i].name) != refusal)
      fail_msg ("deed %zu with %s", i, tries[i].name);
  for (gsize i = 0; i < n; i++)
    assert_int_equal (as_user (OWNER, place, tries[i].deed, tries[i].name), 0);
}

/* For the next one. */
static void
close_ground (ServedGround *ground)
{
  served_ground_clear (ground);
  *ground = (ServedGround){ 0 };
}

static void
who_may_not_search_a_directory_gets_at_nothing_in_it (void **state)
{
  static const Try tries[] = {
    { list, "private" },          { look, "private/file" },        { read_it, "private/file" },
    { write_it, "private/file" }, { ask_to_read, "private/file" }, { list, "private/dir" },
    { enter, "private/dir" },     { look, "private/dir/below" },   { read_it, "private/dir/below" },
    { cut, "private/file" },
  };
  ServedGround *ground = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (!served_ground_open (ground, kinds[i]))
        skip ();
      put_dir (ground, "private", 0700);
      put_file (ground, "private/file", 0666);
      put_dir (ground, "private/dir", 0777);
      put_file (ground, "private/dir/below", 0666);
      assert_the_owner_s_alone (ground, tries, G_N_ELEMENTS (tries), EACCES);
      assert_int_equal (as_user (OWNER, ground->volume.path, look, "private/absent"), ENOENT);
      assert_int_equal (as_user (STRANGER, ground->volume.path, look, "private/absent"), EACCES);
      close_ground (ground);
    }
}

static void
who_may_not_read_or_write_gets_at_no_file_that_another_user_has_open (void **state)
{
  static const Try tries[] = {
    { read_it, "file" },     { write_it, "file" },     { cut, "file" },
    { ask_to_read, "file" }, { ask_to_write, "file" }, { list, "dir" },
    { enter, "dir" },        { ask_to_search, "dir" }, { ask_to_read, "dir" },
  };
  ServedGround *ground = *state;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      KVOL_AUTO_FD fd = -1;

      if (!served_ground_open (ground, kinds[i]))
        skip ();
      put_file (ground, "file", 0600);
      put_dir (ground, "dir", 0700);
      fd = served_open_file (&ground->volume, "file", O_RDONLY);
      assert_the_owner_s_alone (ground, tries, G_N_ELEMENTS (tries), EACCES);
      assert_int_equal (as_user (STRANGER, ground->volume.path, set_mode, "file"), EPERM);
      assert_int_equal (as_user (STRANGER, ground->volume.path, make, "dir/new"), EACCES);
      kvol_clear_fd (&fd);
      close_ground (ground);
    }
}

static void
put_program (const ServedGround *ground, const char *name, mode_t mode)
{
  g_autofree char *path = g_build_filename (ground->export.data, name, NULL);
  g_autofree char *content = NULL;
  gsize length;

  assert_true (g_file_get_contents ("/bin/true", &content, &length, NULL));
  assert_true (g_file_set_contents (path, content, (gssize) length, NULL));
  give (ground, name, mode);
}

/* A server lets who may execute a file read it, as it cannot know what for. */
static void
who_may_execute_a_program_and_not_read_it_does_just_that (void **state)
{
  ServedGround *ground = *state;
  const char *place;

  if (!served_ground_open (ground, shared))
    skip ();
  place = ground->volume.path;
  put_program (ground, "to-run", 0711);
  put_program (ground, "to-read", 0744);
  assert_int_equal (as_user (STRANGER, place, run, "to-run"), 0);
  assert_int_equal (as_user (STRANGER, place, read_it, "to-run"), EACCES);
  assert_int_equal (as_user (STRANGER, place, ask_to_search, "to-run"), 0);
  assert_int_equal (as_user (STRANGER, place, run, "to-read"), EACCES);
  assert_int_equal (as_user (STRANGER, place, read_it, "to-read"), 0);
  assert_int_equal (as_user (STRANGER, place, ask_to_search, "to-read"), EACCES);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (served_ground, who_may_not_search_a_directory_gets_at_nothing_in_it),
    TEST_ON (served_ground, who_may_not_read_or_write_gets_at_no_file_that_another_user_has_open),
    TEST_ON (served_ground, who_may_execute_a_program_and_not_read_it_does_just_that),
  };

  return own_net_run ("a volume whose server judges", tests);
}

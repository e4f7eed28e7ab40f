/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The groups of whoever asks, as the server gets to know them. The kernel judges a request itself first, by the groups
 * that it knows; so each of these may do what he does, as far as it is concerned, and is refused only where the server
 * has not heard of his group. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-fuse/served.h"
#include "process-table.h"
#include "support/own-net.h"
#include "support/scratch.h"

#define OWNER 4711
#define MEMBER 4712
#define NOBODY 65534
#define FIRST_GROUP 6001
#define SENT 16 /* by AUTH_SYS */
#define TEXT "of the group"

typedef struct
{
  ServedGround served;
  gboolean hides; /* there is a /proc over /proc */
} Ground;

static void
ground_clear (Ground *self)
{
  served_ground_clear (&self->served);
  if (self->hides)
    umount2 ("/proc", MNT_DETACH);
}
TEST_STATE (Ground, ground)

/* ---- a directory that is its group's ---- */

/* Made at the server, in the volume's root, which everybody may enter. */
static void
make_shared (const Ground *self, gid_t group)
{
  g_autofree char *directory = g_build_filename (self->served.export.data, "shared", NULL);
  g_autofree char *file = g_build_filename (directory, "file", NULL);

  assert_int_equal (mkdir (directory, 0770), 0);
  assert_true (g_file_set_contents (file, TEXT, -1, NULL));
  assert_int_equal (chmod (file, 0660), 0);
  assert_int_equal (chown (file, OWNER, group), 0);
  assert_int_equal (chown (directory, OWNER, group), 0);
  assert_int_equal (chmod (directory, 0770), 0);
}

/* ---- what is done in it; answers an errno or 0 ---- */

typedef int (*Deed) (void);

static int
read_file (void)
{
  KVOL_AUTO_FD fd = open ("file", O_RDONLY | O_CLOEXEC);
  char text[sizeof TEXT] = "";

  if (fd < 0 || read (fd, text, sizeof text) < 0)
    return errno;
  return g_str_equal (text, TEXT) ? 0 : EIO;
}

static int
make_file (void)
{
  KVOL_AUTO_FD fd = open ("new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  return fd < 0 ? errno : 0;
}

static int
list (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (".", 0, &error);

  return dir == NULL ? EACCES : g_dir_read_name (dir) == NULL ? EIO : 0;
}

/* By somebody of @n groups beside his own. */
static int
do_as_member (const Ground *self, gsize n, Deed deed)
{
  g_autofree char *directory = g_build_filename (self->served.volume.path, "shared", NULL);
  g_autofree gid_t *groups = g_new0 (gid_t, n + 1);
  pid_t child;
  int status = -1;

  for (gsize i = 0; i < n; i++)
    groups[i] = FIRST_GROUP + (gid_t) i;
  child = fork ();
  if (child == 0)
    {
      if (setgroups (n, groups) != 0 || setresgid (MEMBER, MEMBER, MEMBER) != 0
          || setresuid (MEMBER, MEMBER, MEMBER) != 0)
        _exit (255);
      _exit (chdir (directory) == 0 ? deed () : errno);
    }
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
open_shared (Ground *self, gid_t group)
{
  if (!served_ground_open (&self->served, NULL))
    skip ();
  make_shared (self, group);
}

/* ---- what comes of it ---- */

static void
who_is_of_the_group_too_may_do_what_it_may (void **state)
{
  Ground *self = *state;

  open_shared (self, FIRST_GROUP + 1);
  assert_int_equal (do_as_member (self, 2, read_file), 0);
  assert_int_equal (do_as_member (self, 2, list), 0);
  assert_int_equal (do_as_member (self, 2, make_file), 0);
}

static void
who_is_not_may_not (void **state)
{
  Ground *self = *state;

  open_shared (self, FIRST_GROUP + 1);
  assert_int_equal (do_as_member (self, 1, read_file), EACCES);
}

static void
of_many_groups_the_sixteenth_is_known (void **state)
{
  Ground *self = *state;

  open_shared (self, FIRST_GROUP + SENT - 1);
  assert_int_equal (do_as_member (self, SENT + 4, read_file), 0);
  assert_int_equal (do_as_member (self, SENT + 4, make_file), 0);
}

/* It is in no question, as the protocol has no room; the request is refused, and does not fail otherwise. */
static void
of_many_groups_the_seventeenth_is_not (void **state)
{
  Ground *self = *state;

  open_shared (self, FIRST_GROUP + SENT);
  assert_int_equal (do_as_member (self, SENT + 4, read_file), EACCES);
  assert_int_equal (do_as_member (self, SENT + 4, make_file), EACCES);
}

/* ---- where it is to be read ---- */

/* From now on /proc hides the processes of others; FALSE: it cannot be made to. */
static gboolean
hide_processes (Ground *self)
{
  self->hides = mount ("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible") == 0;
  return self->hides;
}

static void
a_proc_that_hides_processes_hides_no_group (void **state)
{
  Ground *self = *state;

  if (!hide_processes (self))
    skip_because ("this process may mount no /proc");
  open_shared (self, FIRST_GROUP + 1);
  assert_int_equal (do_as_member (self, 2, read_file), 0);
  assert_int_equal (do_as_member (self, 2, make_file), 0);
}

/* As kvol-nfs is: nobody, without a right. */
static gboolean
become_nobody (void)
{
  return setgroups (0, NULL) == 0 && setresgid (NOBODY, NOBODY, NOBODY) == 0 && setresuid (NOBODY, NOBODY, NOBODY) == 0;
}

static gboolean
is_whole_for_nobody (int table)
{
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (!become_nobody () ? 2 : process_table_is_whole (table) ? 1 : 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFEXITED (status) && WEXITSTATUS (status) <= 1);
  return WEXITSTATUS (status) == 1;
}

static void
a_table_that_is_not_whole_is_known_for_that (void **state)
{
  Ground *self = *state;
  KVOL_AUTO_FD own = -1;
  KVOL_AUTO_FD common = -1;

  if (!scratch_is_real_root () || !hide_processes (self))
    skip_because ("this process may mount no /proc, or not be nobody");
  own = process_table_open ();
  common = open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (is_whole_for_nobody (own));
  assert_false (is_whole_for_nobody (common));
  assert_false (process_table_is_whole (-1));
}

static void
only_processes_are_in_it (void **state)
{
  KVOL_AUTO_FD table = process_table_open ();

  if (!scratch_is_real_root ())
    skip_because ("without rights it is the /proc that there is");
  assert_int_equal (faccessat (table, "self/status", F_OK, 0), 0);
  assert_int_equal (faccessat (table, "kallsyms", F_OK, 0), -1);
  assert_int_equal (faccessat (table, "sys", F_OK, 0), -1);
}

static void
nothing_is_changed_by_it (void **state)
{
  KVOL_AUTO_FD table = process_table_open ();
  KVOL_AUTO_FD file = -1;

  if (!scratch_is_real_root ())
    skip_because ("without rights it is the /proc that there is");
  file = openat (table, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  assert_int_equal (file, -1);
  assert_int_equal (errno, EROFS);
}

/* Else its request would be given up, and a write of it be lost. */
static void
who_is_not_seen_for_want_of_descriptors_is_not_taken_for_gone (void **state)
{
  const struct rlimit none = { 0 };
  KVOL_AUTO_FD table = process_table_open ();
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    _exit (setrlimit (RLIMIT_NOFILE, &none) != 0 || process_table_is_to_be_killed (table, getpid (), TRUE));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (status, 0);
  assert_true (process_table_is_to_be_killed (table, child, TRUE));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST_ON (ground, who_is_of_the_group_too_may_do_what_it_may),
    TEST_ON (ground, who_is_not_may_not),
    TEST_ON (ground, of_many_groups_the_sixteenth_is_known),
    TEST_ON (ground, of_many_groups_the_seventeenth_is_not),
    TEST_ON (ground, a_proc_that_hides_processes_hides_no_group),
    TEST_ON (ground, a_table_that_is_not_whole_is_known_for_that),
    cmocka_unit_test (only_processes_are_in_it),
    cmocka_unit_test (nothing_is_changed_by_it),
    cmocka_unit_test (who_is_not_seen_for_want_of_descriptors_is_not_taken_for_gone),
  };

  return own_net_run ("groups", tests);
}

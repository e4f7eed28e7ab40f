/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody exchanges a directory, and a file, of the volume with links to the same names outside, without end, while
 * the volume is emptied or given to a group: nothing outside is touched. The same done by path, with a look before
 * each step, must be caught touching it; otherwise the attack was too weak to prove anything. */

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys/owner.h"
#include "unit/contents-place.h"

#define N_FILES 20
#define CALM_USEC (G_USEC_PER_SEC / 2)   /* how long each attack is withstood */
#define CATCH_USEC (60 * G_USEC_PER_SEC) /* how long a naive walk may take to fall for it; it needs some milliseconds */

/* The attacker, until it is killed. */
static pid_t
start_attack (int volume)
{
  KVOL_AUTO_FD file = openat (volume, "file", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  pid_t parent = getpid ();
  pid_t pid = fork ();

  if (pid != 0)
    return pid;
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid () != parent)
    _exit (1);

  for (;;)
    {
      /* So that there is something to do for a group each time, and a moment between look and change. */
      if (fchmod (file, 0600) < 0)
        _exit (1);
      syscall (SYS_renameat2, volume, "dir", volume, "link-to-dir", RENAME_EXCHANGE);
      syscall (SYS_renameat2, volume, "file", volume, "link-to-file", RENAME_EXCHANGE);
    }
}

static void
stop_attack (pid_t pid)
{
  int status = 0;

  kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFSIGNALED (status));
}

/* Puts a tree with the outside's names into the volume, at once, so that the attacker cannot divert it. */
static void
build (Place *place)
{
  make_dir (place->volume, "new");
  for (int i = 0; i < N_FILES; i++)
    {
      g_autofree char *name = g_strdup_printf ("new/file-%d", i);

      make_file (place->volume, name, "x");
    }
  make_file (place->volume, "new-file", "x");
  assert_int_equal (symlinkat ("../outside/attacked", place->volume, "link-to-dir"), 0);
  assert_int_equal (symlinkat ("../outside/attacked/file-0", place->volume, "link-to-file"), 0);
  assert_int_equal (renameat (place->volume, "new-file", place->volume, "file"), 0);
  assert_int_equal (renameat (place->volume, "new", place->volume, "dir"), 0);
}

static void
build_outside (Place *place)
{
  make_dir (place->outside, "attacked");
  for (int i = 0; i < N_FILES; i++)
    {
      g_autofree char *name = g_strdup_printf ("attacked/file-%d", i);

      make_file (place->outside, name, "canary");
    }
}

static gboolean
outside_is_untouched (Place *place)
{
  for (int i = 0; i < N_FILES; i++)
    {
      g_autofree char *name = g_strdup_printf ("attacked/file-%d", i);
      struct stat st;

      if (fstatat (place->outside, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || (st.st_mode & 07777) != 0600
          || st.st_gid != getegid ())
        return FALSE;
    }
  return TRUE;
}

static gint64
choose_gid (void)
{
  return scratch_is_real_root () ? 4711 : getgid ();
}

/* ---- what is attacked: each time on a new tree ---- */

static void
empty_by_descriptor (Place *place, gint64 gid)
{
  sys_remove_contents (place->volume, NULL, NULL);
}

static void
own_by_descriptor (Place *place, gint64 gid)
{
  sys_owner_apply (place->volume, gid, SYS_OWNER_READ_WRITE, SYS_OWNER_ALWAYS, NULL, NULL);
}

/* The careful walk by path that everybody writes first: it looks before it steps. */
static void
walk_by_path (const char *path, gint64 gid, void (*act) (const char *path, gint64 gid))
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      struct stat st;

      if (lstat (child, &st) == 0 && S_ISDIR (st.st_mode))
        walk_by_path (child, gid, act);
      if (lstat (child, &st) == 0 && !S_ISLNK (st.st_mode))
        act (child, gid);
    }
}

static void
naive_remove (const char *path, gint64 gid)
{
  remove (path);
}

static void
naive_own (const char *path, gint64 gid)
{
  struct stat st;

  if (stat (path, &st) == 0 && chmod (path, (st.st_mode & 07777) | 0660) < 0)
    return;
}

static void
empty_by_path (Place *place, gint64 gid)
{
  g_autofree char *volume = g_build_filename (place->dir, "volume", NULL);

  walk_by_path (volume, gid, naive_remove);
}

static void
own_by_path (Place *place, gint64 gid)
{
  g_autofree char *volume = g_build_filename (place->dir, "volume", NULL);

  walk_by_path (volume, gid, naive_own);
}

typedef struct
{
  const char *name;
  void (*act) (Place *place, gint64 gid);
  gboolean is_naive;
  gboolean has_no_fchmodat2;
} RaceRow;

static const RaceRow race_rows[] = {
  { "emptying by path is caught outside", empty_by_path, TRUE, FALSE },
  { "emptying by descriptor stays inside", empty_by_descriptor, FALSE, FALSE },
  { "giving to a group by path is caught outside", own_by_path, TRUE, FALSE },
  { "giving to a group by descriptor stays inside", own_by_descriptor, FALSE, FALSE },
  { "giving to a group by descriptor stays inside on an older kernel", own_by_descriptor, FALSE, TRUE },
};

static void
check_race (void **state)
{
  const RaceRow *row = *state;
  gint64 end = g_get_monotonic_time () + (row->is_naive ? CATCH_USEC : CALM_USEC);
  gint64 gid = choose_gid ();
  gboolean is_untouched = TRUE;
  guint rounds = 0;
  Place *place;

  set_up ((void **) &place);
  build_outside (place);
  if (row->has_no_fchmodat2)
    g_setenv ("KVOL_NO_FCHMODAT2", "1", TRUE);
  for (; is_untouched && (rounds < 100 || g_get_monotonic_time () < end); rounds++)
    {
      pid_t attacker;

      build (place);
      attacker = start_attack (place->volume);
      for (int i = 0; i < 20; i++)
        row->act (place, gid);
      stop_attack (attacker);
      is_untouched = outside_is_untouched (place);
      remove_all (place->volume);
    }
  g_unsetenv ("KVOL_NO_FCHMODAT2");
  print_message ("# %u rounds\n", rounds);
  if (is_untouched == row->is_naive)
    fail_msg ("%s", row->is_naive ? "the attack is too weak: it proves nothing" : "something outside was touched");
  tear_down ((void **) &place);
}

int
main (void)
{
  g_autoptr (GArray) tests = g_array_new (FALSE, FALSE, sizeof (struct CMUnitTest));

  for (gsize i = 0; i < G_N_ELEMENTS (race_rows); i++)
    contents_add_test (tests, race_rows[i].name, check_race, &race_rows[i]);
  return contents_run_tests ("races for contents", tests);
}

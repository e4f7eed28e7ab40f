/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody exchanges a directory of the volume with a link to the outside, as fast as he can, while something is
 * mounted below it, bound from it, or made in it. Each act is also done the naive way, looking at a path and then using
 * it: that must be caught outside, or the attack proves nothing. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <kvol/kvol-macros.h>

#include "support/place.h"
#include "support/scratch.h"
#include "sys/beneath.h"
#include "sys/mount.h"
#include "sys/tree.h"

/* A safe act is tried until it has gone through so often, with so many exchanges meanwhile. */
#define SAFE_ACTS 1000
#define SAFE_EXCHANGES 20000
/* The naive one is caught within milliseconds; on a machine that is busy it may take longer. */
#define NAIVE_SECONDS 60

/* volume/sub/target is where the act belongs; volume/evil is the link to outside/, which has a target too, and a marker
 * in it. */
typedef struct
{
  Place *place;
  int volume;
  int inside; /* what volume/sub was at the start */
  int outside;
  gint is_over;
  gint n_exchanges;
} Field;

static gpointer
attack (gpointer data)
{
  Field *field = data;

  while (!g_atomic_int_get (&field->is_over))
    if (renameat2 (field->volume, "sub", field->volume, "evil", RENAME_EXCHANGE) == 0)
      g_atomic_int_inc (&field->n_exchanges);
  return NULL;
}

static char *
path_to (const Field *field, const char *name)
{
  return g_build_filename (field->place->dir, "volume/sub", name, NULL);
}

/* What naive programs do first. */
static gboolean
looks_like_a_directory (const Field *field)
{
  g_autofree char *path = path_to (field, NULL);
  struct stat st;

  return lstat (path, &st) == 0 && S_ISDIR (st.st_mode);
}

static gboolean
is_mounted (int dir_fd)
{
  SysMountInfo info = { 0 };

  assert_true (sys_mount_lookup (dir_fd, "target", &info, NULL));
  return info.is_mount_root;
}

/* ---- the acts: each answers whether it went through, and undoes itself except for what escaped ---- */

static gboolean
mount_safely (const Field *field, gboolean *ret_escaped)
{
  KVOL_AUTO_FD parent = sys_open_beneath (field->volume, "sub", O_PATH | O_DIRECTORY, 0, SYS_BENEATH_NO_LINKS, NULL);
  KVOL_AUTO_FD target = parent >= 0 ? sys_make_dir_at (parent, "target", 0755, NULL, NULL) : -1;
  KVOL_AUTO_FD tree = target >= 0 ? sys_tree_create ("tmpfs", NULL, NULL, NULL) : -1;

  if (tree < 0)
    return FALSE;
  assert_true (sys_tree_hang (tree, target, NULL));
  kvol_clear_fd (&tree);
  kvol_clear_fd (&target);
  *ret_escaped = is_mounted (field->outside) || !is_mounted (field->inside);
  assert_true (sys_unmount_at (parent, "target", NULL));
  return TRUE;
}

static gboolean
mount_naively (const Field *field, gboolean *ret_escaped)
{
  g_autofree char *path = path_to (field, "target");

  if (!looks_like_a_directory (field) || mount ("none", path, "tmpfs", 0, NULL) < 0)
    return FALSE;
  *ret_escaped = is_mounted (field->outside);
  assert_true (sys_unmount_at (*ret_escaped ? field->outside : field->inside, "target", NULL));
  return TRUE;
}

static gboolean
bind_safely (const Field *field, gboolean *ret_escaped)
{
  KVOL_AUTO_FD tree = sys_tree_clone (field->volume, "sub/target", FALSE, NULL);

  if (tree < 0)
    return FALSE;
  *ret_escaped = faccessat (tree, "marker", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  return TRUE;
}

static gboolean
bind_naively (const Field *field, gboolean *ret_escaped)
{
  g_autofree char *path = path_to (field, "target");
  g_autofree char *bound = g_build_filename (field->place->dir, "bound", NULL);

  if (!looks_like_a_directory (field) || mount (path, bound, NULL, MS_BIND, NULL) < 0)
    return FALSE;
  *ret_escaped = place_has (field->place, "bound/marker");
  assert_true (sys_unmount_at (field->place->fd, "bound", NULL));
  return TRUE;
}

static gboolean
make_safely (const Field *field, gboolean *ret_escaped)
{
  KVOL_AUTO_FD made = sys_make_dirs_beneath (field->volume, "sub/made/deeper", 0755, -1, NULL);

  if (made < 0)
    return FALSE;
  *ret_escaped = faccessat (field->outside, "made", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  unlinkat (field->inside, "made/deeper", AT_REMOVEDIR);
  unlinkat (field->inside, "made", AT_REMOVEDIR);
  return TRUE;
}

static gboolean
make_naively (const Field *field, gboolean *ret_escaped)
{
  g_autofree char *path = path_to (field, "made");

  if (!looks_like_a_directory (field) || mkdir (path, 0755) < 0)
    return FALSE;
  *ret_escaped = unlinkat (field->outside, "made", AT_REMOVEDIR) == 0;
  unlinkat (field->inside, "made", AT_REMOVEDIR);
  return TRUE;
}

typedef struct
{
  const char *name;
  gboolean (*safely) (const Field *field, gboolean *ret_escaped);
  gboolean (*naively) (const Field *field, gboolean *ret_escaped);
} Race;

static const Race races[] = {
  { "a mount on a directory that is exchanged for a link stays inside", mount_safely, mount_naively },
  { "a bind from a directory that is exchanged for a link shows the inside", bind_safely, bind_naively },
  { "a directory is made inside also while its parent is exchanged for a link", make_safely, make_naively },
};

/* ---- the test ---- */

static int
open_dir (const Place *place, const char *path)
{
  int fd = openat (place->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_true (fd >= 0);
  return fd;
}

/* Whether the naive act was seen outside. */
static gboolean
catch_naive (const Field *field, const Race *race)
{
  gint64 until = g_get_monotonic_time () + NAIVE_SECONDS * G_USEC_PER_SEC;
  gboolean escaped = FALSE;

  while (!escaped && g_get_monotonic_time () < until)
    race->naively (field, &escaped);
  return escaped;
}

static void
the_safe_act_never_escapes_and_the_naive_one_does (void **state)
{
  const Race *race = *state;
  void *place = NULL;
  gboolean caught, escaped = FALSE;
  unsigned n_acts = 0;
  GThread *attacker;

  assert_int_equal (place_enter (&place), 0);

  Field field = { .place = place };

  place_make_dir (place, "bound");
  place_make_dir (place, "volume");
  place_make_dir (place, "volume/sub");
  place_make_dir (place, "volume/sub/target");
  place_make_dir (place, "outside");
  place_make_dir (place, "outside/target");
  place_make_file (place, "outside/target/marker", "");
  field.volume = open_dir (place, "volume");
  field.inside = open_dir (place, "volume/sub");
  field.outside = open_dir (place, "outside");
  assert_int_equal (symlinkat ("../outside", field.volume, "evil"), 0);

  attacker = g_thread_new ("attacker", attack, &field);
  caught = catch_naive (&field, race);
  g_atomic_int_set (&field.n_exchanges, 0);
  while (!escaped && (n_acts < SAFE_ACTS || g_atomic_int_get (&field.n_exchanges) < SAFE_EXCHANGES))
    n_acts += race->safely (&field, &escaped);
  g_atomic_int_set (&field.is_over, TRUE);
  g_thread_join (attacker);

  assert_true (caught);
  assert_false (escaped);
  close (field.volume);
  close (field.inside);
  close (field.outside);
  place_leave (&place);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (races)] = { 0 };
  const char *reason = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (races); i++)
    {
      tests[i].name = races[i].name;
      tests[i].test_func = the_safe_act_never_escapes_and_the_naive_one_does;
      tests[i].initial_state = (void *) &races[i];
    }
  if (!scratch_enter (&reason))
    {
      g_print ("ok - nothing escapes a race # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("sys/race", tests, NULL, NULL);
}

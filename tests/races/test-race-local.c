/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody who may write where a local volume lies exchanges names there without end, while the library sets the volume
 * up and takes it down, as it would for any pod. What it must not come to: a bind of what is no directory, a subPath
 * that shows the outside, an fsGroup that changes the outside. The same done by path, with a look before each step,
 * must be caught at it; otherwise the attack was too weak to prove anything. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "support/scratch.h"
#include "support/story.h"

#define RENAME_BOTH (1 << 1)             /* RENAME_EXCHANGE */
#define CALM_USEC G_USEC_PER_SEC         /* how long each attack is withstood */
#define CATCH_USEC (60 * G_USEC_PER_SEC) /* how long a naive act may take to fall for it; it needs some milliseconds */
#define GROUP 4711

typedef struct
{
  Story *story;
  char *base;    /* source/, file, outside/ */
  char *source;  /* sub/target/, sub/file; evil, a link to outside */
  char *outside; /* target/marker, file */
  KvolPod *pod;
} Field;

typedef struct
{
  const char *name;
  const char *pod; /* its spec; %s: the source */
  const char *one; /* the names that are exchanged, below the base */
  const char *other;
  gboolean needs_root;
  /* FALSE: it came to nothing this time. */
  gboolean (*safely) (Field *field, gboolean *ret_escaped);
  gboolean (*naively) (Field *field, gboolean *ret_escaped);
} Race;

static char *
at (const char *dir, const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static gboolean
is_dir (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISDIR (st.st_mode);
}

/* ---- the source is a directory, and then a file ---- */

static gboolean
bind_safely (Field *field, gboolean *ret_escaped)
{
  g_autofree char *place = story_path (field->story, "web", "kubernetes.io~local-volume", "pv1", NULL);
  g_autofree char *target = at (place, "sub/target");
  gboolean ready = kvol_manager_sync_pod (field->story->manager, field->pod, NULL, NULL);

  *ret_escaped = ready && !is_dir (target);
  story_remove (field->story, field->pod);
  return ready;
}

static gboolean
bind_naively (Field *field, gboolean *ret_escaped)
{
  struct stat st;
  KVOL_AUTO_FD tree = -1;

  if (!is_dir (field->source))
    return FALSE;
  tree = (int) syscall (SYS_open_tree, AT_FDCWD, field->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  *ret_escaped = tree >= 0 && fstat (tree, &st) == 0 && !S_ISDIR (st.st_mode);
  return tree >= 0;
}

/* ---- a directory on the way to a subPath, and then a link to the outside ---- */

static gboolean
bind_sub_path_safely (Field *field, gboolean *ret_escaped)
{
  g_autofree char *marker = at (field->story->root, "pods/web-uid/volume-subpaths/data/main/0/marker");
  gboolean ready = kvol_manager_sync_pod (field->story->manager, field->pod, NULL, NULL);

  *ret_escaped = access (marker, F_OK) == 0;
  story_remove (field->story, field->pod);
  return ready;
}

static gboolean
bind_sub_path_naively (Field *field, gboolean *ret_escaped)
{
  g_autofree char *sub = at (field->source, "sub");
  g_autofree char *target = at (sub, "target");
  KVOL_AUTO_FD tree = -1;

  if (!is_dir (sub))
    return FALSE;
  tree = (int) syscall (SYS_open_tree, AT_FDCWD, target, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  *ret_escaped = tree >= 0 && faccessat (tree, "marker", F_OK, 0) == 0;
  return tree >= 0;
}

/* ---- a directory in the volume, and then a link to the outside, while it is given to a group ---- */

static gboolean
is_outside_changed (const Field *field)
{
  static const char *const names[] = { "", "file", "target", "target/marker" };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = at (field->outside, names[i]);
      struct stat st;

      assert_int_equal (lstat (path, &st), 0);
      if (st.st_gid != 0 || (st.st_mode & (S_ISGID | S_IWGRP)) != 0)
        return TRUE;
    }
  return FALSE;
}

/* What has its group is passed over: there shall be something to do each time. */
static void
take_group_back (const Field *field)
{
  static const char *const names[] = { "", "sub", "sub/target", "sub/file" };
  KVOL_AUTO_FD source = open (field->source, O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      KVOL_AUTO_FD fd = -1;
      const struct open_how
      {
        guint64 flags, mode, resolve;
      } how = { O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, 0x04 /* RESOLVE_NO_SYMLINKS */ };

      fd = (int) syscall (SYS_openat2, source, *names[i] != '\0' ? names[i] : ".", &how, sizeof how);
      if (fd >= 0)
        assert_int_equal (fchownat (fd, "", 0, 0, AT_EMPTY_PATH), 0);
    }
}

static gboolean
give_to_group_safely (Field *field, gboolean *ret_escaped)
{
  gboolean ready = kvol_manager_sync_pod (field->story->manager, field->pod, NULL, NULL);

  story_remove (field->story, field->pod);
  *ret_escaped = is_outside_changed (field);
  take_group_back (field);
  return ready;
}

static gboolean
give_to_group_naively (Field *field, gboolean *ret_escaped)
{
  g_autofree char *sub = at (field->source, "sub");
  g_autofree char *file = at (sub, "file");
  g_autofree char *outside_file = at (field->outside, "file");
  gboolean done = is_dir (sub) && lchown (file, -1, GROUP) == 0;

  *ret_escaped = is_outside_changed (field);
  assert_int_equal (lchown (outside_file, 0, 0), 0);
  take_group_back (field);
  return done;
}

#define LOCAL "'volumes': <[{'name': <'data'>, 'specName': <'pv1'>, 'local': <{'path': <'%s'>}>}]>"
#define MOUNT(more)                                                                                                    \
  "'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'data'>, 'mountPath': <'/d'>" more "}]>}]>"

static const Race races[] = {
  { "what is bound is a directory while its path becomes a file and back", "{" LOCAL "," MOUNT ("") "}", "source",
    "file", FALSE, bind_safely, bind_naively },
  { "a subPath of it stays inside while a directory becomes a link and back",
    "{" LOCAL "," MOUNT (", 'subPath': <'sub/target'>") "}", "source/sub", "source/evil", FALSE, bind_sub_path_safely,
    bind_sub_path_naively },
  { "an fsGroup stays inside while a directory becomes a link and back",
    "{'securityContext': <{'fsGroup': <int64 4711>}>," LOCAL "," MOUNT ("") "}", "source/sub", "source/evil", TRUE,
    give_to_group_safely, give_to_group_naively },
};

/* ---- the test ---- */

/* The attacker, until it is killed. */
static pid_t
start_attack (const Field *field, const Race *race)
{
  g_autofree char *one = at (field->base, race->one);
  g_autofree char *other = at (field->base, race->other);
  pid_t parent = getpid ();
  pid_t pid = fork ();

  if (pid != 0)
    return pid;
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid () != parent)
    _exit (1);
  for (;;)
    syscall (SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, RENAME_BOTH);
}

static void
stop_attack (pid_t pid)
{
  int status = 0;

  kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFSIGNALED (status));
}

static void
make_file (const char *dir, const char *name)
{
  g_autofree char *path = at (dir, name);

  assert_true (g_file_set_contents (path, "", 0, NULL));
  assert_int_equal (chmod (path, 0600), 0);
}

static void
make_target (const char *dir)
{
  g_autofree char *target = at (dir, "target");

  assert_int_equal (mkdir (target, 0700), 0);
  make_file (dir, "file");
}

static void
lay_field (Field *field, const Race *race)
{
  g_auto (GStrv) halves = g_strsplit (race->pod, "%s", 2);
  g_autofree char *sub = NULL;
  g_autofree char *evil = NULL;
  g_autofree char *spec = NULL;

  field->base = scratch_dir ("race");
  field->source = at (field->base, "source");
  field->outside = at (field->base, "outside");
  sub = at (field->source, "sub");
  evil = at (field->source, "evil");
  assert_int_equal (mkdir (field->source, 0700) + mkdir (sub, 0700) + mkdir (field->outside, 0700), 0);
  make_target (sub);
  make_target (field->outside);
  make_file (field->outside, "target/marker");
  make_file (field->base, "file");
  assert_int_equal (symlink (field->outside, evil), 0);

  spec = g_strjoinv (field->source, halves);
  field->pod = story_pod ("web", spec);
  field->story = story_begin ();
}

static void
clear_field (Field *field)
{
  story_end (field->story);
  kvol_pod_unref (field->pod);
  g_free (field->base);
  g_free (field->source);
  g_free (field->outside);
}

/* Whether @act was seen outside within that time; it has to come to something now and then. */
static gboolean
is_caught (Field *field, gboolean (*act) (Field *, gboolean *), gint64 usec)
{
  gint64 until = g_get_monotonic_time () + usec;
  gboolean escaped = FALSE;
  unsigned n_acts = 0;

  while (!escaped && (g_get_monotonic_time () < until || n_acts == 0))
    n_acts += act (field, &escaped);
  return escaped;
}

static void
the_library_never_escapes_and_the_naive_act_does (void **state)
{
  const Race *race = *state;
  Field field = { 0 };
  pid_t attacker = -1;
  gboolean naive_is_caught, library_is_caught;

  if (race->needs_root && !scratch_is_real_root ())
    skip_because ("other groups than one's own need real root");
  lay_field (&field, race);
  attacker = start_attack (&field, race);
  naive_is_caught = is_caught (&field, race->naively, CATCH_USEC);
  library_is_caught = is_caught (&field, race->safely, CALM_USEC);
  stop_attack (attacker);
  clear_field (&field);
  assert_true (naive_is_caught);
  assert_false (library_is_caught);
}

int
main (void)
{
  struct CMUnitTest tests[G_N_ELEMENTS (races)] = { 0 };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - local volumes withstand races # SKIP %s\n", reason);
      return 0;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (races); i++)
    tests[i] = (struct CMUnitTest){ .name = races[i].name,
                                    .test_func = the_library_never_escapes_and_the_naive_act_does,
                                    .initial_state = (void *) &races[i] };
  return cmocka_run_group_tests_name ("races for local volumes", tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of exports that take all users for one, in user space: a pod of any user does in them what the server lets
 * him do. Of all others the kernel goes on to judge by owners and modes, before the server does. Which of them a volume
 * is is found out when it is set up, and leaves nothing behind. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/gate.h"
#include "support/as-user.h"
#include "support/nfs-story.h"
#include "support/scratch.h"

#define ANONYMOUS 4242
#define POD_USER 1000
#define ALONE ", 'accessModes': <['ReadWriteOncePod']>"
#define GATE_PORT 2050
#define MANY 20
#define REMOVED 8 /* of them */
#define LEFT ".kvol-nfs-whose-0011223344556677"

/* Of a directory or a file that is there before. */
typedef struct
{
  const char *name; /* NULL: there is none */
  mode_t mode;      /* with its type */
  uid_t owner;
} Thing;

typedef struct
{
  const char *name;
  NfsSquash squash;
  Thing root; /* without a name */
  Thing inside;
  const char *fields; /* of the volume's source */
  enum
  {
    MODES,
    SERVER
  } judge;
} Row;

static const Row rows[] = {
  { "who is taken for the owner", NFS_SQUASH_ALL, { "", 0755, ANONYMOUS }, { 0 }, "", SERVER },
  { "root's own directory", NFS_SQUASH_ALL, { "", 0770, 0 }, { 0 }, "", MODES },
  { "who may do everything in an empty directory", NFS_SQUASH_ALL, { "", 0777, 0 }, { 0 }, "", SERVER },
  { "who may do everything in an empty sticky directory", NFS_SQUASH_ALL, { "", 01777, 0 }, { 0 }, "", SERVER },
  { "who finds a file of whom he is taken for",
    NFS_SQUASH_ALL,
    { "", 0777, 0 },
    { "x", S_IFREG | 0600, ANONYMOUS },
    ", 'readOnly': <true>",
    SERVER },
  { "who finds a directory of whom he is taken for",
    NFS_SQUASH_ALL,
    { "", 0755, 0 },
    { "x", S_IFDIR | 0755, ANONYMOUS },
    "",
    SERVER },
  { "who finds a file of somebody else", NFS_SQUASH_ALL, { "", 0777, 0 }, { "x", S_IFREG | 0644, 77 }, "", SERVER },
  { "what was left by who was killed",
    NFS_SQUASH_ALL,
    { "", 0777, 0 },
    { LEFT, S_IFDIR | 0700, ANONYMOUS },
    "",
    SERVER },
  { "what somebody made of such a name",
    NFS_SQUASH_NONE,
    { "", 0777, 0 },
    { LEFT, S_IFDIR | 0700, POD_USER },
    "",
    MODES },
  { "what somebody made of almost such a name",
    NFS_SQUASH_ALL,
    { "", 0777, 0 },
    { ".kvol-nfs-whose-0011223344556677-copy", S_IFDIR | 0700, ANONYMOUS },
    "",
    SERVER },
  { "who may not write", NFS_SQUASH_ALL, { "", 0777, 0 }, { 0 }, ", 'readOnly': <true>", MODES },
  { "root's directory", NFS_SQUASH_NONE, { "", 0755, 0 }, { 0 }, "", MODES },
  { "somebody's directory", NFS_SQUASH_NONE, { "", 0750, POD_USER }, { 0 }, "", MODES },
  { "everybody's directory", NFS_SQUASH_NONE, { "", 0777, 0 }, { 0 }, "", MODES },
  { "everybody's sticky directory", NFS_SQUASH_NONE, { "", 01777, 0 }, { 0 }, "", MODES },
  { "everybody's directory with a file",
    NFS_SQUASH_NONE,
    { "", 0777, 0 },
    { "x", S_IFREG | 0600, POD_USER },
    "",
    MODES },
  { "root's directory, who is squashed", NFS_SQUASH_ROOT, { "", 0755, 0 }, { 0 }, "", MODES },
  { "root's own directory, who alone is squashed", NFS_SQUASH_ROOT, { "", 0700, 0 }, { 0 }, "", MODES },
  { "somebody's directory, root being squashed", NFS_SQUASH_ROOT, { "", 0700, POD_USER }, { 0 }, "", MODES },
  { "everybody's directory, root being squashed",
    NFS_SQUASH_ROOT,
    { "", 0777, 0 },
    { "x", S_IFREG | 0644, 0 },
    "",
    MODES },
};

/* ---- the ground ---- */

static void
put (const char *data, const Thing *thing)
{
  g_autofree char *path = g_build_filename (data, thing->name, NULL);

  if (S_ISDIR (thing->mode))
    assert_int_equal (mkdir (path, 0700), 0);
  if (S_ISREG (thing->mode))
    assert_true (g_file_set_contents (path, "content", -1, NULL));
  assert_int_equal (chown (path, thing->owner, thing->owner), 0);
  assert_int_equal (chmod (path, thing->mode & 07777), 0);
}

/* A test's, also when it fails. */
typedef struct
{
  const Row *row;
  NfsStory *story; /* NULL: none is going on */
  NfsGate *gate;   /* NULL: there is none */
  KvolPod *pod;
} Case;

static void
begin (Case *of, NfsSquash squash, const Thing *root, const Thing *inside)
{
  NfsStory *self = g_new0 (NfsStory, 1);
  g_autoptr (GError) error = NULL;

  self->data = scratch_dir ("data");
  if (inside->name != NULL)
    put (self->data, inside);
  put (self->data, root);

  const NfsExport exports[] = {
    { .path = NFS_STORY_EXPORT, .directory = self->data, .squash = squash, .anonymous = ANONYMOUS }, { .path = NULL }
  };
  const NfsServerSettings settings = { .exports = exports };

  self->server = nfs_server_start (&settings, &error);
  if (self->server == NULL)
    fail_msg ("%s", error->message);
  self->story = story_begin ();
  of->story = self;
}

static int
end (void **state)
{
  Case *self = *state;

  if (self->pod != NULL)
    story_remove (self->story->story, self->pod);
  g_clear_pointer (&self->pod, kvol_pod_unref);
  if (self->gate != NULL)
    nfs_gate_close (g_steal_pointer (&self->gate));
  g_clear_pointer (&self->story, nfs_story_end);
  return 0;
}

/* Answers where the volume is. */
static char *
set_up (Case *self, const char *fields, const char *more)
{
  const NfsStoryVolume volume = { .fields = fields, .more = more, .options = NFS_STORY_NO_LOCK };

  self->pod = nfs_story_pod ("web", &volume);
  story_sync (self->story->story, self->pod);
  return nfs_story_path (self->story, "web", NULL);
}

/* ---- who judges ---- */

static gboolean
kernel_judges (const char *place)
{
  g_autofree char *mounts = NULL;
  g_auto (GStrv) lines = NULL;

  assert_true (g_file_get_contents ("/proc/self/mountinfo", &mounts, NULL, NULL));
  lines = g_strsplit (mounts, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (strstr (lines[i], place) != NULL)
      return strstr (lines[i], "default_permissions") != NULL;
  fail_msg ("%s is not mounted", place);
  return FALSE;
}

static void
assert_only (const char *data, const char *name)
{
  g_autoptr (GDir) dir = g_dir_open (data, 0, NULL);
  const char *found = g_dir_read_name (dir);

  if (g_strcmp0 (found, g_strcmp0 (name, LEFT) == 0 ? NULL : name) != 0 || g_dir_read_name (dir) != NULL)
    fail_msg ("there is \"%s\"", found);
}

static void
judges (void **state)
{
  Case *self = *state;
  const Row *row = self->row;
  g_autofree char *place = NULL;

  begin (self, row->squash, &row->root, &row->inside);
  place = set_up (self, row->fields, "");
  assert_int_equal (kernel_judges (place), row->judge == MODES);
  assert_only (self->story->data, row->inside.name);
}

/* ---- what the pod does; by its user, in the volume ---- */

#define NEED(condition)                                                                                                \
  if (!(condition))                                                                                                    \
  return refuse (#condition)

static int
refuse (const char *what)
{
  const int number = errno != 0 ? errno : EPROTO;

  print_message ("# the pod's user finds no truth in: %s (%s)\n", what, g_strerror (number));
  return number;
}

static gboolean
write_by (const char *name, int flags, const char *text)
{
  const int fd = open (name, O_WRONLY | O_CLOEXEC | flags, 0640);

  return fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text) && close (fd) == 0;
}

static gboolean
reads (const char *name, const char *wanted)
{
  char text[64] = "";
  KVOL_AUTO_FD fd = open (name, O_RDONLY | O_CLOEXEC);

  return fd >= 0 && read (fd, text, sizeof text - 1) >= 0 && g_str_equal (text, wanted);
}

static int
use (gconstpointer data)
{
  const struct timespec times[] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
  struct stat status;

  NEED (write_by ("file", O_CREAT | O_EXCL, "one,"));
  NEED (write_by ("file", O_APPEND, "two"));
  NEED (reads ("file", "one,two"));
  NEED (access ("file", R_OK | W_OK) == 0);
  NEED (access (".", R_OK | W_OK | X_OK) == 0);
  NEED (mkdir ("dir", 0700) == 0);
  NEED (write_by ("dir/below", O_CREAT, "below"));
  NEED (reads ("dir/below", "below"));
  NEED (chmod ("file", 0600) == 0);
  NEED (utimensat (AT_FDCWD, "file", times, 0) == 0);
  NEED (stat ("file", &status) == 0);
  NEED (status.st_uid == ANONYMOUS && (status.st_mode & 07777) == 0600 && status.st_mtime == 2);
  NEED (truncate ("file", 3) == 0);
  NEED (rename ("file", "dir/file") == 0);
  NEED (reads ("dir/file", "one"));
  NEED (write_by ("dir/file", O_TRUNC, "new"));
  NEED (chdir ("dir") == 0);
  NEED (unlink ("below") == 0);
  return 0;
}

/* Another user of the pod, who is the same one to the server. */
static int
use_what_is_there (gconstpointer data)
{
  NEED (reads ("dir/file", "new"));
  NEED (write_by ("dir/file", O_APPEND, ",more"));
  NEED (reads ("dir/file", "new,more"));
  NEED (unlink ("dir/file") == 0);
  NEED (rmdir ("dir") == 0);
  return 0;
}

static void
assert_used (Case *self, const Thing *root, const char *more)
{
  static const Thing nothing = { 0 };
  g_autofree char *place = NULL;

  begin (self, NFS_SQUASH_ALL, root, &nothing);
  place = set_up (self, "", more);
  assert_int_equal (as_user (POD_USER, place, use, NULL), 0);
  assert_int_equal (as_user (POD_USER + 1, place, use_what_is_there, NULL), 0);
  assert_only (self->story->data, NULL);
  end ((void **) &self);
}

static void
a_pod_of_any_user_uses_an_export_that_takes_all_for_one (void **state)
{
  static const Thing roots[] = { { "", 0755, ANONYMOUS }, { "", 0777, 0 }, { "", 01777, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      assert_used (*state, &roots[i], "");
      assert_used (*state, &roots[i], ALONE);
    }
}

/* The probe's connection is the first, and on the second it is to be found out. */
static void
nothing_is_believed_of_a_server_that_breaks_off_meanwhile (void **state)
{
  static const Thing root = { "", 0755, ANONYMOUS };
  static const Thing nothing = { 0 };
  static const NfsStoryVolume volume = { .options = "'mountport=20048', 'port=" G_STRINGIFY (
                                             GATE_PORT) "', 'nolock', 'vers=3'" };
  Case *self = *state;
  g_autoptr (GError) error = NULL;
  g_autofree char *place = NULL;

  begin (self, NFS_SQUASH_ALL, &root, &nothing);
  self->gate = nfs_gate_open (GATE_PORT, NULL, 2, NULL);
  assert_non_null (self->gate);
  self->pod = nfs_story_pod ("web", &volume);
  assert_false (kvol_manager_sync_pod (self->story->story->manager, self->pod, NULL, &error));
  if (strstr (error->message, "nfs.no-answer") == NULL)
    fail_msg ("%s", error->message);
  story_sync (self->story->story, self->pod);
  place = nfs_story_path (self->story, "web", NULL);
  assert_false (kernel_judges (place));
}

/* Somebody who makes many of such names is not to use up the time of the set-up. */
static void
of_many_that_were_left_some_are_removed_each_time (void **state)
{
  static const Thing root = { "", 0777, 0 };
  static const Thing nothing = { 0 };
  Case *self = *state;
  g_autofree char *place = NULL;

  begin (self, NFS_SQUASH_ALL, &root, &nothing);
  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *name = g_strdup_printf (".kvol-nfs-whose-%016x", i);
      const Thing left = { name, S_IFDIR | 0700, ANONYMOUS };

      put (self->story->data, &left);
    }
  place = set_up (self, "", "");
  assert_false (kernel_judges (place));
  assert_int_equal (scratch_count_names (self->story->data), MANY - REMOVED);
}

int
main (void)
{
  Case cases[G_N_ELEMENTS (rows) + 3] = { 0 };
  struct CMUnitTest tests[G_N_ELEMENTS (rows) + 3];

  tests[0] = (struct CMUnitTest) cmocka_unit_test_prestate_setup_teardown (
      a_pod_of_any_user_uses_an_export_that_takes_all_for_one, NULL, end, &cases[0]);
  tests[1] = (struct CMUnitTest) cmocka_unit_test_prestate_setup_teardown (
      nothing_is_believed_of_a_server_that_breaks_off_meanwhile, NULL, end, &cases[1]);
  tests[2] = (struct CMUnitTest) cmocka_unit_test_prestate_setup_teardown (
      of_many_that_were_left_some_are_removed_each_time, NULL, end, &cases[2]);
  for (gsize i = 3; i < G_N_ELEMENTS (tests); i++)
    {
      cases[i].row = &rows[i - 3];
      tests[i] = (struct CMUnitTest){ rows[i - 3].name, judges, NULL, end, &cases[i] };
    }
  return nfs_story_enter (TRUE, "NFS exports that squash")
             ? cmocka_run_group_tests_name ("NFS exports that squash", tests, NULL, NULL)
             : 0;
}

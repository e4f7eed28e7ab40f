/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes whose server falls silent, at any moment: who asks a question is answered all the same, within the deadline.
 * The server is a FUSE server that caches nothing and never answers what it was asked while it was silent, which not
 * even SIGKILL frees a caller from. A call that hangs is ended by the alarm, and the test with it. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/built.h"
#include "support/rows.h"
#include "support/scratch.h"
#include "support/silent-fs.h"
#include "support/story.h"

/* Of one call into a worker; the room is for machines that are ten times slower. */
#define DEADLINE "1"
#define ROOM (30 * G_TIME_SPAN_SECOND)
#define ALARM_SECONDS 120
#define TRIES 20

typedef struct
{
  char *far;     /* where the file system is mounted for the plugin */
  char *plugins; /* the directory that the plugin is loaded from */
  SilentFs *fs;
  Story *story;
} Ground;

static void
load_plugin (Ground *self)
{
  g_autoptr (GVariant) config = g_variant_ref_sink (
      g_variant_new_parsed ("{'example.test/distant': <{'timeoutSeconds': <int64 " DEADLINE ">}>}"));
  g_auto (GStrv) problems = NULL;
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_load_plugins (self->story->manager, self->plugins, config, &problems, &error))
    fail_msg ("%s", error->message);
  if (problems[0] != NULL)
    fail_msg ("%s", problems[0]);
}

static void
restart (Ground *self)
{
  story_restart (self->story);
  load_plugin (self);
}

static int
ground_enter (void **state)
{
  Ground *self = g_new0 (Ground, 1);
  const char *reason = NULL;

  *state = self;
  self->far = scratch_dir ("far");
  self->plugins = built_fixture_dir ("distant");
  self->fs = silent_fs_start (self->far, &reason);
  assert_non_null (self->fs);
  self->story = story_begin ();
  load_plugin (self);
  alarm (ALARM_SECONDS);
  return 0;
}

static int
ground_leave (void **state)
{
  Ground *self = *state;

  alarm (0);
  /* Whoever is stuck is freed by this. */
  g_clear_pointer (&self->fs, silent_fs_stop);
  story_end (self->story);
  g_free (self->far);
  g_free (self->plugins);
  g_free (self);
  return 0;
}

/* @mounts: GVariant text of what each of its two containers mounts. */
static KvolPod *
pod_of (const Ground *self, const char *name, const char *mounts)
{
  g_autofree char *spec = g_strdup_printf (
      "{'volumes': <[{'name': <'data'>, 'flexVolume': <{'driver': <'example.test/distant'>, 'options': <{'path': "
      "<'%s'>}>}>}]>, 'containers': <[{'name': <'main'>, 'volumeMounts': <[%s]>}, {'name': <'aside'>, "
      "'volumeMounts': <[%s]>}]>}",
      self->far, mounts, mounts);

  return story_pod (name, spec);
}

#define WHOLE "{'name': <'data'>, 'mountPath': <'/data'>}"
#define PART "{'name': <'data'>, 'mountPath': <'/part'>, 'subPath': <'a/b'>}"
#define OTHER_PART "{'name': <'data'>, 'mountPath': <'/other'>, 'subPath': <'c'>}"

static char *
target_of (const Ground *self, const char *name, guint index)
{
  return g_strdup_printf ("%s/pods/%s-uid/volume-subpaths/data/main/%u", self->story->root, name, index);
}

static gint64
get_deadline (void)
{
  return g_get_monotonic_time () + ROOM;
}

static void
a_part_of_such_a_volume_is_made_and_bound (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", PART);
  g_autofree char *target = target_of (self, "web", 0);
  g_autofree char *made = g_build_filename (self->far, "a/b", NULL);
  struct stat bound;
  struct stat source;

  story_sync (self->story, pod);
  assert_int_equal (stat (target, &bound), 0);
  assert_int_equal (stat (made, &source), 0);
  assert_int_equal (bound.st_dev, source.st_dev);
  assert_int_equal (bound.st_ino, source.st_ino);
  story_remove (self->story, pod);
}

typedef struct
{
  const char *name;
  unsigned opcode; /* 0: all */
} Silence;

static const Silence silences[] = {
  { "a set-up ends in time when nothing is answered", 0 },
  { "a set-up ends in time when no name is found", FUSE_LOOKUP },
  { "a set-up ends in time when no directory is made", FUSE_MKDIR },
  { "a set-up ends in time when no directory is opened", FUSE_OPENDIR },
  { "a set-up ends in time when no attribute is told", FUSE_GETATTR },
  { "a set-up ends in time when no mode is set", FUSE_SETATTR },
};

/* The first sync hangs the volume and fails at its parts; when the server is back, the next one ends it. */
static void
silence_row (void **state)
{
  const Silence *row = *state;
  Ground *self = NULL;
  gint64 deadline;

  ground_enter ((void **) &self);

  g_autoptr (KvolPod) pod = pod_of (self, "web", PART ", " OTHER_PART);
  g_autoptr (GError) error = NULL;

  silent_fs_fall_silent (self->fs, row->opcode);
  deadline = get_deadline ();
  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_true (g_get_monotonic_time () < deadline);
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
  assert_string_equal (error->message,
                       "pod \"default/web\": failed to prepare subPath for volumeMount \"data\" of container \"main\": "
                       "what is behind the volume did not answer within " DEADLINE " s");
  /* Those that were given up still use the volume: a server that answers would be theirs to use. */
  silent_fs_fall_silent (self->fs, 0);
  deadline = get_deadline ();
  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () < deadline);
  ground_leave ((void **) &self);
}

static void
nobody_asks_about_a_volume_that_is_bound (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", WHOLE ", " PART);
  g_autoptr (GVariant) found = NULL;
  guint before;

  story_sync (self->story, pod);
  silent_fs_fall_silent (self->fs, 0);
  before = silent_fs_count_questions (self->fs);

  story_sync (self->story, pod);
  g_ptr_array_unref (kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL));
  g_variant_unref (kvol_manager_get_status (self->story->manager));
  g_ptr_array_unref (kvol_manager_dup_pods (self->story->manager));
  g_strfreev (kvol_manager_dup_environment (self->story->manager, "web-uid", "main", NULL, NULL));
  restart (self);
  found = kvol_manager_recover (self->story->manager, FALSE, NULL, NULL);
  assert_int_equal (g_variant_n_children (found), 0);
  story_sync (self->story, pod);
  story_remove (self->story, pod);
  assert_int_equal (silent_fs_count_questions (self->fs), before);
}

static void
a_volume_that_does_not_answer_is_asked_once_a_sync (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", PART ", " OTHER_PART);

  silent_fs_fall_silent (self->fs, FUSE_LOOKUP);
  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, NULL));
  assert_int_equal (silent_fs_count_unanswered (self->fs), 1);
  silent_fs_fall_silent (self->fs, 0);
  story_remove (self->story, pod);
}

/* SIGKILL does not free who waits for an answer. */
static void
nobody_is_sent_after_one_who_still_waits (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", PART);

  silent_fs_fall_silent (self->fs, 0);
  /* On a machine that is busy the time may be over before somebody has got as far as to ask. */
  for (int i = 0; i < TRIES && silent_fs_count_unanswered (self->fs) == 0; i++)
    assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, NULL));
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;

      assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
      assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_TRANSIENT));
      assert_non_null (strstr (error->message, "who asked before still waits"));
    }
  assert_int_equal (silent_fs_count_unanswered (self->fs), 1);
  story_remove (self->story, pod);
}

static void
on_synced (GObject *source, GAsyncResult *result, gpointer data)
{
  gboolean *done = data;

  *done = TRUE;
  assert_false (kvol_manager_sync_pod_finish (KVOL_MANAGER (source), result, NULL));
}

/* What is asked in vain waits at least for its deadline. */
static void
another_pod_does_not_wait_for_it (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", PART);
  g_autoptr (KvolPod) other = story_pod ("other", "{'volumes': <[{'name': <'data'>, 'emptyDir': <@a{sv} {}>}]>}");
  gboolean done = FALSE;

  silent_fs_fall_silent (self->fs, 0);
  kvol_manager_sync_pod_async (self->story->manager, pod, NULL, on_synced, &done);
  while (silent_fs_count_unanswered (self->fs) == 0)
    g_main_context_iteration (NULL, FALSE);
  story_sync (self->story, other);
  story_remove (self->story, other);
  assert_false (done);
  /* It does not wait for the deadline either. */
  story_remove (self->story, pod);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* Makes the pod's volume one that nothing but MNT_DETACH takes off. The caller closes the descriptor. */
static int
use_in_silence (Ground *self)
{
  g_autofree char *volume = story_path (self->story, "web", "example.test~distant", "data", NULL);
  int user = open (volume, O_PATH | O_DIRECTORY | O_CLOEXEC);

  assert_true (user >= 0);
  silent_fs_fall_silent (self->fs, 0);
  return user;
}

static void
on_changed (KvolManager *manager, const char *uid, const char *volume, const char *state, const char *text,
            gpointer data)
{
  if (g_str_equal (volume, "data"))
    g_string_append_printf (data, "%s%s; ", state, text != NULL ? " with a sentence" : "");
}

static void
a_volume_that_is_detached_is_not_called_gone (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", PART);
  g_autoptr (GString) told = g_string_new (NULL);
  gint64 deadline = get_deadline ();
  int user;

  story_sync (self->story, pod);
  user = use_in_silence (self);
  g_signal_connect (self->story->manager, "volume-changed", G_CALLBACK (on_changed), told);
  story_remove (self->story, pod);
  assert_true (g_get_monotonic_time () < deadline);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  assert_string_equal (told->str, "unmounting; detached with a sentence; ");
  close (user);
}

static void
the_status_has_what_is_detached_as_long_as_its_pod_is_there (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of (self, "web", WHOLE);
  g_autofree char *stray = g_build_filename (self->story->root, "pods/web-uid/stray", NULL);
  int user;

  story_sync (self->story, pod);
  user = use_in_silence (self);
  assert_true (g_file_set_contents (stray, "somebody's", -1, NULL));
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *shown = NULL;

      assert_false (kvol_manager_remove_pod (self->story->manager, "web-uid", NULL, NULL));
      shown = story_state (self->story, "web", "data");
      assert_string_equal (shown, "detached");
      restart (self);
    }
  assert_int_equal (unlink (stray), 0);
  story_remove (self->story, pod);
  close (user);
}

static void
down_says_what_it_has_detached (void **state)
{
  Ground *self = *state;
  g_autofree char *agent = built_path ("bin/kvol-agent");
  g_autoptr (KvolPod) pod = pod_of (self, "web", WHOLE);
  char *argv[] = { agent, "--root", self->story->root, "--plugins", self->plugins, "down", "default/web", NULL };
  g_autofree char *said = NULL;
  int status = -1;
  int user;

  story_sync (self->story, pod);
  user = use_in_silence (self);
  g_clear_object (&self->story->manager);
  assert_true (g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, &said, NULL, &status, NULL));
  assert_int_equal (status, 0);
  assert_string_equal (said, "default/web is down; detached, and perhaps still in use: \"data\"\n");
  close (user);
}

int
main (void)
{
  const char *reason = NULL;
  const struct CMUnitTest plain[] = {
    cmocka_unit_test_setup_teardown (a_part_of_such_a_volume_is_made_and_bound, ground_enter, ground_leave),
    cmocka_unit_test_setup_teardown (nobody_asks_about_a_volume_that_is_bound, ground_enter, ground_leave),
    cmocka_unit_test_setup_teardown (a_volume_that_does_not_answer_is_asked_once_a_sync, ground_enter, ground_leave),
    cmocka_unit_test_setup_teardown (nobody_is_sent_after_one_who_still_waits, ground_enter, ground_leave),
    cmocka_unit_test_setup_teardown (another_pod_does_not_wait_for_it, ground_enter, ground_leave),
    cmocka_unit_test_setup_teardown (a_volume_that_is_detached_is_not_called_gone, ground_enter, ground_leave),
    cmocka_unit_test_setup_teardown (the_status_has_what_is_detached_as_long_as_its_pod_is_there, ground_enter,
                                     ground_leave),
    cmocka_unit_test_setup_teardown (down_says_what_it_has_detached, ground_enter, ground_leave),
  };
  g_autoptr (GArray) tests = rows_new ();
  g_autofree char *trial = NULL;
  g_autoptr (SilentFs) fs = NULL;

  if (scratch_enter (&reason))
    {
      trial = scratch_dir ("trial");
      fs = silent_fs_start (trial, &reason);
    }
  if (fs == NULL)
    {
      print_message ("ok - volumes whose server falls silent # SKIP %s\n", reason);
      return 0;
    }
  g_clear_pointer (&fs, silent_fs_stop);
  rows_add_plain (tests, plain);
  rows_add_all (tests, silences, silence_row);
  return rows_run ("volumes whose server falls silent", tests);
}

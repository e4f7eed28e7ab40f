/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fsGroup of a local volume: the first pod's, however many have it, one after the other or at once. Rows and tests
 * carry the names of upstream's (pkg/volume/local, test/e2e/storage/persistent_volumes-local.go). */
#include "local-ground.h"

#include <sys/mount.h>
#include <unistd.h>

#define OTHER_GROUP                                                                                                    \
  "AlreadyMountedVolume: The requested fsGroup is 4712, but the volume pv1 has GID 4711. The volume may not be "       \
  "shareable."

/* Two pods that want the source, each for a group of its own. */
typedef struct
{
  Ground *ground;
  Story *story;
  const char *source;
  KvolPod *one;
  KvolPod *two;
} Rivals;

static Rivals
rivals_of (Ground *ground, int other_group)
{
  return (Rivals){
    .ground = ground,
    .story = ground->story,
    .source = ground->source,
    .one = pod_of_group ("one", ground->source, 4711),
    .two = pod_of_group ("two", ground->source, other_group),
  };
}

static Rivals
rivals_begin (Ground *ground, int other_group)
{
  if (!scratch_is_real_root ())
    skip_because ("other groups than one's own need real root");
  return rivals_of (ground, other_group);
}

/* A pod that is gone already is gone. */
static void
rivals_end (Rivals *self)
{
  story_remove (self->story, self->one);
  story_remove (self->story, self->two);
  kvol_pod_unref (self->one);
  kvol_pod_unref (self->two);
  ground_look (self->ground);
}

static void
test_fs_group_mount (void **state)
{
  Rivals self = rivals_begin (*state, 4712);
  g_autofree char *sub = g_build_filename (self.source, "sub", NULL);

  story_sync (self.story, self.one);
  assert_int_equal (group_of (self.source, ""), 4711);
  assert_int_equal (group_of (self.source, "sub/inner"), 4711);
  assert_int_equal (file_mode (sub), 02770);
  assert_condition (self.ground, "one", "");
  story_sync (self.story, self.two);
  assert_int_equal (group_of (self.source, ""), 4711);
  assert_int_equal (group_of (self.source, "sub/inner"), 4711);
  assert_condition (self.ground, "two", OTHER_GROUP);
  assert_condition (self.ground, "one", "");
  rivals_end (&self);
}

/* Also one that has it under another PersistentVolume's name: it is the directory that counts. */
static void
two_persistent_volumes_of_one_directory_are_one_content (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) one = pod_of ("one", "pv2", self->source, "", "'fsGroup': <int64 4711>");
  g_autoptr (KvolPod) two = pod_of_group ("two", self->source, 4712);

  if (!scratch_is_real_root ())
    skip_because ("other groups than one's own need real root");
  story_sync (self->story, one);
  story_restart (self->story);
  g_variant_unref (kvol_manager_recover (self->story->manager, FALSE, NULL, NULL));
  story_sync (self->story, two);
  assert_int_equal (group_of (self->source, "file"), 4711);
  assert_condition (self, "two", OTHER_GROUP);
  story_remove (self->story, one);
  story_remove (self->story, two);
  ground_look (self);
}

static void
a_condition_outlasts_the_process_and_not_its_cause (void **state)
{
  Rivals self = rivals_begin (*state, 4712);

  story_sync (self.story, self.one);
  story_sync (self.story, self.two);
  story_sync (self.story, self.two);
  story_restart (self.story);
  g_variant_unref (kvol_manager_recover (self.story->manager, TRUE, NULL, NULL));
  assert_condition (self.ground, "two", OTHER_GROUP);
  /* Set up anew, it is the first. */
  story_remove (self.story, self.one);
  story_remove (self.story, self.two);
  story_sync (self.story, self.two);
  assert_condition (self.ground, "two", "");
  assert_int_equal (group_of (self.source, "file"), 4712);
  rivals_end (&self);
}

/* The group that the files have stays: a walk through what a pod is using is not asked for by a sync. */
static void
a_conflict_with_a_pod_that_is_gone_is_over_with_the_next_sync (void **state)
{
  Rivals self = rivals_begin (*state, 4712);

  story_sync (self.story, self.one);
  story_sync (self.story, self.two);
  story_sync (self.story, self.two);
  assert_condition (self.ground, "two", OTHER_GROUP);
  story_remove (self.story, self.one);
  assert_condition (self.ground, "two", OTHER_GROUP);
  story_sync (self.story, self.two);
  assert_condition (self.ground, "two", "");
  story_restart (self.story);
  g_variant_unref (kvol_manager_recover (self.story->manager, TRUE, NULL, NULL));
  assert_condition (self.ground, "two", "");
  rivals_end (&self);
}

static void
should_set_different_fs_group_for_second_pod_if_first_pod_is_deleted (void **state)
{
  Rivals self = rivals_begin (*state, 4712);

  story_sync (self.story, self.one);
  story_remove (self.story, self.one);
  story_sync (self.story, self.two);
  assert_int_equal (group_of (self.source, "sub/inner"), 4712);
  assert_condition (self.ground, "two", "");
  rivals_end (&self);
}

static void
count (GObject *manager, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_sync_pod_finish (KVOL_MANAGER (manager), result, &error))
    fail_msg ("%s", error->message);
  ++*(int *) data;
}

/* A source that takes a while to walk. */
static void
fill (const char *dir)
{
  for (int i = 0; i < 500; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/sub/%d", dir, i);

      assert_true (g_file_set_contents (path, "", 0, NULL));
    }
}

static void
sync_both (const Rivals *self)
{
  int done = 0;

  kvol_manager_sync_pod_async (self->story->manager, self->one, NULL, count, &done);
  kvol_manager_sync_pod_async (self->story->manager, self->two, NULL, count, &done);
  while (done < 2)
    g_main_context_iteration (NULL, TRUE);
}

static void
should_set_same_fs_group_for_two_pods_simultaneously (void **state)
{
  Rivals self = rivals_begin (*state, 4711);

  fill (self.source);
  sync_both (&self);
  assert_int_equal (group_of (self.source, "sub/inner"), 4711);
  assert_condition (self.ground, "one", "");
  assert_condition (self.ground, "two", "");
  rivals_end (&self);
}

/* Both want to be the first; one is, wholly, and the other is told. */
static void
two_groups_at_once_do_not_mix (void **state)
{
  Rivals self = rivals_begin (*state, 4712);

  fill (self.source);
  for (int round = 0; round < 20; round++)
    {
      sync_both (&self);

      g_autofree char *of_one = condition_of (self.ground, "one");
      g_autofree char *of_two = condition_of (self.ground, "two");
      gid_t group = group_of (self.source, "");

      assert_true ((*of_one == '\0') != (*of_two == '\0'));
      assert_int_equal (group, *of_one == '\0' ? 4711 : 4712);
      assert_int_equal (group_of (self.source, "sub/0"), group);
      assert_int_equal (group_of (self.source, "sub/499"), group);
      story_remove (self.story, self.one);
      story_remove (self.story, self.two);
    }
  rivals_end (&self);
}

static void
on_root_mismatch_saves_the_walk (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) careful =
      pod_of ("one", "pv1", self->source, "", "'fsGroup': <int64 4711>, 'fsGroupChangePolicy': <'OnRootMismatch'>");
  g_autoptr (KvolPod) thorough =
      pod_of ("one", "pv1", self->source, "", "'fsGroup': <int64 4711>, 'fsGroupChangePolicy': <'Always'>");
  g_autofree char *file = g_build_filename (self->source, "file", NULL);

  if (!scratch_is_real_root ())
    skip_because ("other groups than one's own need real root");
  story_sync (self->story, careful);
  assert_int_equal (group_of (self->source, "file"), 4711);
  story_remove (self->story, careful);
  assert_int_equal (chown (file, 0, 0), 0);
  story_sync (self->story, careful);
  assert_int_equal (group_of (self->source, "file"), 0);
  story_remove (self->story, careful);
  story_sync (self->story, thorough);
  assert_int_equal (group_of (self->source, "file"), 4711);
  story_remove (self->story, thorough);
  ground_look (self);
}

/* Which mounts of the source make a pod the second one: those in pods, and no others. */
typedef struct
{
  const char *name;
  gboolean outside; /* a bind beside the root */
  gboolean beside;  /* a bind in a directory whose name begins like that of the pods' */
  gboolean in_pod;
} Refs;

static const Refs refs[] = {
  { "TestFilterPodMounts: only a path outside", TRUE, FALSE, FALSE },
  { "TestFilterPodMounts: only a path in a pod", FALSE, FALSE, TRUE },
  { "TestFilterPodMounts: a name that only begins like the pods' directory", FALSE, TRUE, FALSE },
  { "TestFilterPodMounts: all of them", TRUE, TRUE, TRUE },
};

static char *
bind_at (const char *source, const char *parent, const char *name)
{
  char *path = g_build_filename (parent, name, NULL);

  assert_int_equal (mkdir (path, 0755), 0);
  assert_int_equal (mount (source, path, NULL, MS_BIND, NULL), 0);
  return path;
}

static void
unbind (const char *path)
{
  if (path == NULL)
    return;
  assert_int_equal (umount2 (path, UMOUNT_NOFOLLOW), 0);
  assert_int_equal (rmdir (path), 0);
}

static void
only_pods_count (void **state)
{
  const Refs *row = *state;
  void *ground = NULL;
  Rivals self;
  g_autofree char *outside = NULL;
  g_autofree char *beside = NULL;

  if (!scratch_is_real_root ())
    skip_because ("other groups than one's own need real root");
  ground_enter (&ground);
  self = rivals_of (ground, 4712);
  outside = row->outside ? bind_at (self.source, self.source, "../outside") : NULL;
  beside = row->beside ? bind_at (self.source, self.story->root, "podspod-mount") : NULL;

  if (row->in_pod)
    story_sync (self.story, self.one);
  story_sync (self.story, self.two);
  assert_int_equal (group_of (self.source, "file"), row->in_pod ? 4711 : 4712);
  rivals_end (&self);
  unbind (outside);
  unbind (beside);
  ground_leave (&ground);
}

int
main (void)
{
  static const struct CMUnitTest stories[] = {
    ON_GROUND (test_fs_group_mount),
    ON_GROUND (two_persistent_volumes_of_one_directory_are_one_content),
    ON_GROUND (a_condition_outlasts_the_process_and_not_its_cause),
    ON_GROUND (a_conflict_with_a_pod_that_is_gone_is_over_with_the_next_sync),
    ON_GROUND (should_set_different_fs_group_for_second_pod_if_first_pod_is_deleted),
    ON_GROUND (should_set_same_fs_group_for_two_pods_simultaneously),
    ON_GROUND (two_groups_at_once_do_not_mix),
    ON_GROUND (on_root_mismatch_saves_the_walk),
  };
  struct CMUnitTest tests[G_N_ELEMENTS (stories) + G_N_ELEMENTS (refs)] = { 0 };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - fsGroup of local volumes # SKIP %s\n", reason);
      return 0;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (refs); i++)
    tests[i] =
        (struct CMUnitTest){ .name = refs[i].name, .test_func = only_pods_count, .initial_state = (void *) &refs[i] };
  memcpy (tests + G_N_ELEMENTS (refs), stories, sizeof stories);
  return cmocka_run_group_tests_name ("fsGroup of local volumes", tests, NULL, NULL);
}

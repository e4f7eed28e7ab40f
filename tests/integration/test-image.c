/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of images through the whole library: the agent is asked, and its tree is shown and never changed. */
/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/snapshot.h"
#include "support/story.h"

#define PLUGIN "kubernetes.io~image"
#define REFERENCE "registry.test:5000/shop/tools:1.2"

/* ---- an agent's images: one, or none ---- */

#define TYPE_TEST_IMAGES (test_images_get_type ())
G_DECLARE_FINAL_TYPE (TestImages, test_images, TEST, IMAGES, GObject)

struct _TestImages
{
  GObject parent;
  const char *dir; /* of REFERENCE; NULL: it is not here */
  GThread *asked_on;
  GVariant *asked;
  int times;
};

static void test_images_init_iface (KvolImagesInterface *iface);

G_DEFINE_TYPE_WITH_CODE (TestImages, test_images, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (KVOL_TYPE_IMAGES, test_images_init_iface))

static void
find (KvolImages *images, GVariant *request, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  TestImages *self = TEST_IMAGES (images);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);
  const char *reference = NULL;

  self->times++;
  self->asked_on = g_thread_self ();
  g_clear_pointer (&self->asked, g_variant_unref);
  self->asked = g_variant_ref (request);
  g_variant_lookup (request, "reference", "&s", &reference);
  if (self->dir != NULL && g_str_equal (reference, REFERENCE))
    g_task_return_pointer (task, g_strdup (self->dir), g_free);
  else
    g_task_return_new_error (task, KVOL_ERROR, KVOL_ERROR_ABSENT, "image \"%s\" is not here; fetch it", reference);
}

static char *
find_finish (KvolImages *images, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_images_init_iface (KvolImagesInterface *iface)
{
  iface->find = find;
  iface->find_finish = find_finish;
}

static void
test_images_finalize (GObject *object)
{
  g_clear_pointer (&TEST_IMAGES (object)->asked, g_variant_unref);
  G_OBJECT_CLASS (test_images_parent_class)->finalize (object);
}

static void
test_images_class_init (TestImagesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_images_finalize;
}

static void
test_images_init (TestImages *self)
{
}

/* ---- ground ---- */

typedef struct
{
  Story *story;
  TestImages *images;
  char *tree; /* bin/tool, a program; etc/settings */
  char *before;
} Ground;

static char *
make_tree (const char *name, const char *settings)
{
  char *tree = scratch_dir (name);
  g_autofree char *bin = g_build_filename (tree, "bin", NULL);
  g_autofree char *etc = g_build_filename (tree, "etc", NULL);
  g_autofree char *tool = g_build_filename (bin, "tool", NULL);
  g_autofree char *file = g_build_filename (etc, "settings", NULL);

  assert_int_equal (mkdir (bin, 0755) + mkdir (etc, 0700), 0);
  assert_true (g_file_set_contents (tool, "#!/bin/sh\nexit 7\n", -1, NULL));
  assert_true (g_file_set_contents (file, settings, -1, NULL));
  assert_int_equal (chmod (tool, 0755) + chmod (file, 0640), 0);
  return tree;
}

static int
ground_enter (void **state)
{
  Ground *self = g_new0 (Ground, 1);

  self->tree = make_tree ("tree", "of an image");
  self->before = snapshot_dup (self->tree, SNAPSHOT_IDENTITY);
  self->images = g_object_new (TYPE_TEST_IMAGES, NULL);
  self->images->dir = self->tree;
  self->story = story_begin ();
  kvol_manager_set_images (self->story->manager, KVOL_IMAGES (self->images));
  *state = self;
  return 0;
}

/* The tree is not the pod's: nothing in it was so much as touched. */
static int
ground_leave (void **state)
{
  Ground *self = *state;
  g_autofree char *after = snapshot_dup (self->tree, SNAPSHOT_IDENTITY);

  assert_string_equal (after, self->before);
  story_end (self->story);
  g_object_unref (self->images);
  g_free (self->tree);
  g_free (self->before);
  g_free (self);
  return 0;
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, ground_enter, ground_leave)

/* A pod with the volume "tools" of an image; @mount are more fields of its volumeMount. */
static KvolPod *
pod_of (const char *name, const char *reference, const char *mount)
{
  g_autofree char *spec =
      g_strdup_printf ("{'securityContext': <{'fsGroup': <int64 4711>}>, 'serviceAccountName': <'clerk'>, 'volumes': "
                       "<[{'name': <'tools'>, 'image': <{'reference': <'%s'>, 'pullPolicy': <'Never'>}>}]>, "
                       "'containers': <[{'name': <'main'>, 'volumeMounts': <[{'name': <'tools'>, 'mountPath': "
                       "<'/tools'>%s}]>}]>}",
                       reference, mount);

  return story_pod (name, spec);
}

static char *
in_pod (Ground *self, const char *pod, const char *file)
{
  return story_path (self->story, pod, PLUGIN, "tools", file);
}

/* ---- stories ---- */

static void
the_tree_is_shown_read_only (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  g_autofree char *place = in_pod (self, "web", NULL);
  g_autofree char *file = in_pod (self, "web", "etc/settings");
  g_autoptr (GPtrArray) mounts = NULL;
  struct statvfs shown;

  story_sync (self->story, pod);
  assert_true (file_has (file, "of an image"));
  assert_int_equal (open (file, O_WRONLY | O_CLOEXEC), -1);
  assert_int_equal (errno, EROFS);
  assert_int_equal (statvfs (place, &shown), 0);
  assert_int_equal (shown.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC), ST_RDONLY | ST_NOSUID | ST_NODEV);
  mounts = kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL);
  assert_int_equal (mounts->len, 1);
  assert_string_equal (kvol_mount_get_source (mounts->pdata[0]), place);
  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "ro"));
  story_remove (self->story, pod);
  assert_int_equal (access (place, F_OK), -1);
}

/* Upstream has taken "noexec" back: tools are a use of image volumes. */
static void
programs_in_it_can_be_run (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  g_autofree char *tool = in_pod (self, "web", "bin/tool");
  int status = 0;

  story_sync (self->story, pod);
  assert_true (g_spawn_command_line_sync (tool, NULL, NULL, &status, NULL));
  assert_int_equal (status, 7 << 8);
  story_remove (self->story, pod);
}

/* valid mounts in priv container with image volumes: read-only, whatever the pod's mount says. */
static void
a_mount_that_says_read_write_is_read_only (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, ", 'readOnly': <false>");
  g_autoptr (GPtrArray) mounts = NULL;

  story_sync (self->story, pod);
  mounts = kvol_manager_get_mounts (self->story->manager, "web-uid", "main", NULL);
  assert_true (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "ro"));
  assert_false (g_strv_contains (kvol_mount_get_options (mounts->pdata[0]), "rw"));
  story_remove (self->story, pod);
}

static void
a_sub_path_of_it_is_bound_read_only (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, ", 'subPath': <'etc'>");
  g_autofree char *bound = g_build_filename (self->story->root, "pods/web-uid/volume-subpaths/tools/main/0", NULL);
  g_autofree char *file = g_build_filename (bound, "settings", NULL);
  struct statvfs shown;

  story_sync (self->story, pod);
  assert_true (file_has (file, "of an image"));
  assert_int_equal (statvfs (bound, &shown), 0);
  assert_int_equal (shown.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV), ST_RDONLY | ST_NOSUID | ST_NODEV);
  story_remove (self->story, pod);
}

static void
a_sub_path_that_it_does_not_have_is_an_error (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, ", 'subPath': <'usr/share'>");
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_non_null (
      strstr (error->message, "failed to prepare subPath for volumeMount \"tools\" of container \"main\""));
  story_remove (self->story, pod);
}

static void
the_agent_is_told_who_asks_for_what (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed (
      "{'namespace': <'default'>, 'pod': <'web'>, 'podUid': <'web-uid'>, 'pullPolicy': <'Never'>, 'reference': "
      "<'" REFERENCE "'>, 'serviceAccount': <'clerk'>}"));
  GVariantDict asked;
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  story_sync (self->story, pod);
  story_sync (self->story, pod);
  assert_int_equal (self->images->times, 1);
  assert_int_equal (g_variant_n_children (self->images->asked), g_variant_n_children (expected));
  g_variant_dict_init (&asked, self->images->asked);
  g_variant_iter_init (&iter, expected);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) found = g_variant_dict_lookup_value (&asked, key, NULL);

      assert_non_null (found);
      assert_true (g_variant_equal (found, value));
    }
  g_variant_dict_clear (&asked);
  story_remove (self->story, pod);
}

static void
note_done (GObject *manager, GAsyncResult *result, gpointer data)
{
  assert_true (kvol_manager_sync_pod_finish (KVOL_MANAGER (manager), result, NULL));
  *(gboolean *) data = TRUE;
}

static void
the_agent_is_asked_on_its_own_main_context (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  gboolean done = FALSE;

  kvol_manager_sync_pod_async (self->story->manager, pod, NULL, note_done, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  assert_ptr_equal (self->images->asked_on, g_thread_self ());
  story_remove (self->story, pod);
}

static void
an_image_that_is_not_there_may_come (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  g_autofree char *file = in_pod (self, "web", "etc/settings");
  g_autoptr (GError) error = NULL;

  self->images->dir = NULL;
  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_ABSENT));
  assert_string_equal (error->message,
                       "volume \"tools\" of pod \"default/web\": image \"" REFERENCE "\" is not here; fetch it");
  self->images->dir = self->tree;
  story_sync (self->story, pod);
  assert_true (file_has (file, "of an image"));
  story_remove (self->story, pod);
}

static void
an_agent_without_images_says_so (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  g_autoptr (GError) error = NULL;

  kvol_manager_set_images (self->story->manager, NULL);
  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  assert_true (g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED));
  assert_non_null (strstr (error->message, "image \"" REFERENCE "\": this agent knows of no images"));
  story_remove (self->story, pod);
}

static void
a_pod_keeps_the_tree_that_it_was_set_up_with (void **state)
{
  Ground *self = *state;
  g_autofree char *newer = make_tree ("newer", "of a newer image");
  g_autoptr (KvolPod) first = pod_of ("first", REFERENCE, "");
  g_autoptr (KvolPod) second = pod_of ("second", REFERENCE, "");
  g_autofree char *in_first = in_pod (self, "first", "etc/settings");
  g_autofree char *in_second = in_pod (self, "second", "etc/settings");

  story_sync (self->story, first);
  self->images->dir = newer;
  story_sync (self->story, first);
  story_sync (self->story, second);
  assert_true (file_has (in_first, "of an image"));
  assert_true (file_has (in_second, "of a newer image"));
  story_remove (self->story, first);
  assert_true (file_has (in_second, "of a newer image"));
  story_remove (self->story, second);
}

static void
after_a_restart_it_is_taken_down_without_the_agent (void **state)
{
  Ground *self = *state;
  g_autoptr (KvolPod) pod = pod_of ("web", REFERENCE, "");
  g_autoptr (GVariant) findings = NULL;

  story_sync (self->story, pod);
  story_restart (self->story);
  findings = kvol_manager_recover (self->story->manager, FALSE, NULL, NULL);
  assert_int_equal (g_variant_n_children (findings), 0);
  story_remove (self->story, pod);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    ON_GROUND (the_tree_is_shown_read_only),
    ON_GROUND (programs_in_it_can_be_run),
    ON_GROUND (a_mount_that_says_read_write_is_read_only),
    ON_GROUND (a_sub_path_of_it_is_bound_read_only),
    ON_GROUND (a_sub_path_that_it_does_not_have_is_an_error),
    ON_GROUND (the_agent_is_told_who_asks_for_what),
    ON_GROUND (the_agent_is_asked_on_its_own_main_context),
    ON_GROUND (an_image_that_is_not_there_may_come),
    ON_GROUND (an_agent_without_images_says_so),
    ON_GROUND (a_pod_keeps_the_tree_that_it_was_set_up_with),
    ON_GROUND (after_a_restart_it_is_taken_down_without_the_agent),
  };
  const char *reason = NULL;

  if (!scratch_enter (&reason))
    {
      g_print ("ok - volumes of images # SKIP %s\n", reason);
      return 0;
    }
  return cmocka_run_group_tests_name ("volumes of images", tests, NULL, NULL);
}

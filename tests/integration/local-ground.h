/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where stories about local volumes happen. Whatever happens in one, the source is the administrator's: it ends with a
 * look at it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "support/scratch.h"
#include "support/snapshot.h"
#include "support/story.h"

#define PLUGIN "kubernetes.io~local-volume"

/* A story with a directory "source" that holds "file" and "sub/inner". */
typedef struct
{
  Story *story;
  char *source;
  char *before;
} Ground;

static inline void
make_source (const char *dir)
{
  g_autofree char *file = g_build_filename (dir, "file", NULL);
  g_autofree char *sub = g_build_filename (dir, "sub", NULL);
  g_autofree char *inner = g_build_filename (sub, "inner", NULL);

  assert_int_equal (mkdir (dir, 0755) + mkdir (sub, 0700), 0);
  assert_true (g_file_set_contents (file, "precious", -1, NULL));
  assert_true (g_file_set_contents (inner, "deeper", -1, NULL));
  assert_int_equal (chmod (file, 0640) + chmod (inner, 0600), 0);
}

static inline int
ground_enter (void **state)
{
  Ground *self = g_new0 (Ground, 1);
  g_autofree char *base = scratch_dir ("local");

  self->source = g_build_filename (base, "source", NULL);
  make_source (self->source);
  self->before = snapshot_dup (self->source, SNAPSHOT_VALUES);
  self->story = story_begin ();
  *state = self;
  return 0;
}

/* A story that means to change the source says so by taking another look at it. */
static inline void
ground_look (Ground *self)
{
  g_free (self->before);
  self->before = snapshot_dup (self->source, SNAPSHOT_VALUES);
}

static inline int
ground_leave (void **state)
{
  Ground *self = *state;
  g_autofree char *after = snapshot_dup (self->source, SNAPSHOT_VALUES);

  assert_string_equal (after, self->before);
  story_end (self->story);
  g_free (self->source);
  g_free (self->before);
  g_free (self);
  return 0;
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown (test, ground_enter, ground_leave)

/* A pod that has @path as the volume "data" from the PersistentVolume @pv; @more are fields of the volume, @security
 * those of the pod's security context. */
static inline KvolPod *
pod_of (const char *name, const char *pv, const char *path, const char *more, const char *security)
{
  g_autofree char *spec =
      g_strdup_printf ("{'securityContext': <@a{sv} {%s}>, 'volumes': <[{'name': <'data'>, 'specName': <'%s'>, "
                       "'local': <{'path': <'%s'>}>%s}]>, 'containers': <[{'name': <'main'>, 'volumeMounts': "
                       "<[{'name': <'data'>, 'mountPath': <'/data'>}]>}]>}",
                       security, pv, path, more);

  return story_pod (name, spec);
}

static inline KvolPod *
pod_of_group (const char *name, const char *path, int group)
{
  g_autofree char *security = g_strdup_printf ("'fsGroup': <int64 %d>", group);

  return pod_of (name, "pv1", path, "", security);
}

static inline char *
in_pod (Ground *self, const char *pod, const char *file)
{
  return story_path (self->story, pod, PLUGIN, "pv1", file);
}

static inline gid_t
group_of (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  struct stat st;

  assert_int_equal (lstat (path, &st), 0);
  return st.st_gid;
}

/* "REASON: TEXT", or "" when the only volume of the pod has no condition. */
static inline char *
condition_of (Ground *self, const char *pod_name)
{
  g_autoptr (GVariant) pods = kvol_manager_get_status (self->story->manager);
  const char *reason = NULL;
  const char *text = NULL;

  for (gsize i = 0; i < g_variant_n_children (pods); i++)
    {
      g_autoptr (GVariant) pod = g_variant_get_child_value (pods, i);
      const char *name = NULL;

      g_variant_lookup (pod, "name", "&s", &name);
      if (!g_str_equal (name, pod_name))
        continue;

      g_autoptr (GVariant) volumes = g_variant_lookup_value (pod, "volumes", NULL);
      g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, 0);
      g_autoptr (GVariant) conditions = g_variant_lookup_value (volume, "conditions", G_VARIANT_TYPE ("aa{sv}"));

      if (conditions == NULL)
        return g_strdup ("");
      assert_int_equal (g_variant_n_children (conditions), 1);

      g_autoptr (GVariant) condition = g_variant_get_child_value (conditions, 0);

      assert_true (g_variant_lookup (condition, "reason", "&s", &reason));
      assert_true (g_variant_lookup (condition, "text", "&s", &text));
      return g_strconcat (reason, ": ", text, NULL);
    }
  fail_msg ("the status has no pod %s", pod_name);
  return NULL;
}

static inline void
assert_condition (Ground *self, const char *pod, const char *expected)
{
  g_autofree char *found = condition_of (self, pod);

  assert_string_equal (found, expected);
}

static inline void
assert_refused (Ground *self, KvolPod *pod, int code, const char *text)
{
  g_autoptr (GError) error = NULL;

  assert_false (kvol_manager_sync_pod (self->story->manager, pod, NULL, &error));
  if (strstr (error->message, text) == NULL)
    fail_msg ("\"%s\" does not say \"%s\"", error->message, text);
  assert_true (g_error_matches (error, KVOL_ERROR, code));
}

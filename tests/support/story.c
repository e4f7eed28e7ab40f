/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/story.h"

/* clang-format off: cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "support/scratch.h"

static void
open_root (Story *self)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) problems = NULL;
  g_autofree char *plugins = g_build_filename (g_getenv ("B"), "plugins", NULL);

  self->manager = kvol_manager_new (self->root, &error);
  assert_null (error);
  assert_true (kvol_manager_lock (self->manager, NULL, &error));
  kvol_manager_set_store (self->manager, KVOL_STORE (self->store));
  assert_true (kvol_manager_load_plugins (self->manager, plugins, self->config, &problems, &error));
  for (guint i = 0; problems[i] != NULL; i++)
    fail_msg ("%s", problems[i]);
}

static Story *
begin (GVariant *config)
{
  Story *self = g_new0 (Story, 1);

  self->config = config;
  self->root = scratch_dir ("root");
  self->store = memory_store_new ();
  open_root (self);
  scratch_mark ();
  return self;
}

Story *
story_begin (void)
{
  return begin (NULL);
}

Story *
story_begin_configured (const char *config)
{
  return begin (g_variant_ref_sink (g_variant_new_parsed (config)));
}

Story *
story_begin_with_objects (void)
{
  Story *self = story_begin ();

  memory_store_set (self->store, "ConfigMap", "default", "settings", "color", "blue", "shape", "round", NULL);
  memory_store_set (self->store, "Secret", "default", "keys", "password", "xyzzy", NULL);
  return self;
}

void
story_restart (Story *self)
{
  g_clear_object (&self->manager);
  open_root (self);
}

void
story_end (Story *self)
{
  g_autofree char *pods = g_build_filename (self->root, "pods", NULL);
  g_autofree char *records = g_build_filename (self->root, "kvol", "pods", NULL);

  /* Its workers, which come with the first call, go with it. */
  g_clear_object (&self->manager);
  assert_nothing_left (pods);
  assert_nothing_left (records);
  g_clear_pointer (&self->config, g_variant_unref);
  g_object_unref (self->store);
  g_free (self->root);
  g_free (self);
}

KvolPod *
story_pod (const char *name, const char *spec)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text =
      g_strdup_printf ("{'metadata': <{'name': <'%s'>, 'uid': <'%s-uid'>}>, 'spec': <%s>}", name, name, spec);
  GVariant *object = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  assert_null (error);

  KvolPod *pod = kvol_pod_new (object, &error);

  if (pod == NULL)
    fail_msg ("%s", error->message);
  g_variant_unref (object);
  return pod;
}

void
story_sync (Story *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_sync_pod (self->manager, pod, NULL, &error))
    fail_msg ("%s", error->message);
}

void
story_remove (Story *self, KvolPod *pod)
{
  g_autoptr (GError) error = NULL;

  if (!kvol_manager_remove_pod (self->manager, kvol_pod_get_uid (pod), NULL, &error))
    fail_msg ("%s", error->message);
}

char *
story_path (Story *self, const char *name, const char *plugin, const char *volume, const char *file)
{
  g_autofree char *uid = g_strconcat (name, "-uid", NULL);

  return g_build_filename (self->root, "pods", uid, "volumes", plugin, volume, file, NULL);
}

static char *
state_in (GVariant *pod, const char *volume)
{
  g_autoptr (GVariant) volumes = g_variant_lookup_value (pod, "volumes", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; i < g_variant_n_children (volumes); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (volumes, i);
      const char *name = NULL;
      char *state = NULL;

      g_variant_lookup (child, "name", "&s", &name);
      if (g_str_equal (name, volume) && g_variant_lookup (child, "state", "s", &state))
        return state;
    }
  return g_strdup ("");
}

char *
story_state (Story *self, const char *name, const char *volume)
{
  g_autoptr (GVariant) pods = kvol_manager_get_status (self->manager);

  for (gsize i = 0; i < g_variant_n_children (pods); i++)
    {
      g_autoptr (GVariant) pod = g_variant_get_child_value (pods, i);
      const char *pod_name = NULL;

      g_variant_lookup (pod, "name", "&s", &pod_name);
      if (g_str_equal (pod_name, name))
        return state_in (pod, volume);
    }
  return g_strdup ("");
}

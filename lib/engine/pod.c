/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/pod.h"

#include <string.h>

#include "engine/layout.h"
#include "engine/watch.h"

EngineVolume *
engine_volume_new (const char *root, const char *uid, const char *name, const char *spec_name, const char *plugin)
{
  EngineVolume *self = g_new0 (EngineVolume, 1);
  g_autofree char *relative = layout_volume_relative (uid, plugin, spec_name);

  self->path = g_strconcat (root, "/pods/", relative, NULL);
  self->relative = self->path + strlen (self->path) - strlen (relative);

  self->name = g_strdup (name);
  self->spec_name = g_strdup (spec_name);
  self->plugin = g_strdup (plugin);
  self->since = g_get_real_time ();
  return self;
}

void
engine_volume_free (EngineVolume *self)
{
  g_free (self->name);
  g_free (self->spec_name);
  g_free (self->plugin);
  g_free (self->path);
  g_free (self->volume_id);
  g_free (self->host_path);
  g_clear_error (&self->error);
  g_clear_pointer (&self->record, g_variant_unref);
  g_clear_pointer (&self->resolved, g_variant_unref);
  g_clear_pointer (&self->resolved_of, g_variant_unref);
  g_clear_pointer (&self->conditions, g_ptr_array_unref);
  g_clear_pointer (&self->binds, g_ptr_array_unref);
  g_clear_pointer (&self->published, sys_published_free);
  engine_watch_drop (self);
  g_free (self);
}

EnginePod *
engine_pod_new (const char *uid)
{
  EnginePod *self = g_new0 (EnginePod, 1);

  self->uid = g_strdup (uid);
  self->ns = g_strdup ("");
  self->name = g_strdup ("");
  self->volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_volume_free);
  return self;
}

void
engine_pod_free (EnginePod *self)
{
  g_free (self->uid);
  g_free (self->ns);
  g_free (self->name);
  g_clear_pointer (&self->object, g_variant_unref);
  g_clear_pointer (&self->model, model_pod_unref);
  g_ptr_array_unref (self->volumes);
  g_clear_error (&self->error);
  g_clear_object (&self->work);
  g_free (self);
}

ModelPod *
engine_pod_dup_model (const EnginePod *self)
{
  if (self->model != NULL)
    return model_pod_ref (self->model);
  return self->object ? model_pod_new (self->object, NULL) : NULL;
}

const char *
engine_state_to_string (EngineState state)
{
  static const char *const words[] = { "pending",   "mounting", "ready", "unmounting",
                                       "uncertain", "failed",   "gone",  "detached" };

  return words[state];
}

gboolean
engine_volume_is_over (const EngineVolume *self)
{
  return self->state == ENGINE_GONE || self->state == ENGINE_DETACHED;
}

EngineVolume *
engine_pod_find_volume (EnginePod *self, const char *spec_name, const char *plugin)
{
  for (guint i = 0; i < self->volumes->len; i++)
    {
      EngineVolume *volume = self->volumes->pdata[i];

      if (g_str_equal (volume->spec_name, spec_name) && g_str_equal (volume->plugin, plugin))
        return volume;
    }
  return NULL;
}

EngineVolume *
engine_pod_find_by_name (const EnginePod *self, const char *name)
{
  EngineVolume *found = NULL;

  for (guint i = 0; i < self->volumes->len; i++)
    {
      EngineVolume *volume = self->volumes->pdata[i];

      if (g_str_equal (volume->name, name) && (found == NULL || volume->listed))
        found = volume;
    }
  return found;
}

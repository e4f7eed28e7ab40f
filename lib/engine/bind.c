/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/bind.h"

static void
bind_free (gpointer data)
{
  EngineBind *self = data;

  g_free (self->container);
  g_free (self->path);
  g_free (self);
}

static EngineBind *
append (EngineVolume *volume, const char *container, guint index)
{
  EngineBind *bind = g_new0 (EngineBind, 1);

  bind->container = g_strdup (container);
  bind->index = index;
  if (volume->binds == NULL)
    volume->binds = g_ptr_array_new_with_free_func (bind_free);
  g_ptr_array_add (volume->binds, bind);
  return bind;
}

EngineBind *
engine_bind_find (const EngineVolume *volume, const char *container, guint index)
{
  for (guint i = 0; volume->binds != NULL && i < volume->binds->len; i++)
    {
      EngineBind *bind = volume->binds->pdata[i];

      if (bind->index == index && g_str_equal (bind->container, container))
        return bind;
    }
  return NULL;
}

gboolean
engine_bind_begin (Engine *self, EngineVolume *volume, const char *container, guint index)
{
  EngineBind *bind = engine_bind_find (volume, container, index);
  gboolean news = bind == NULL || sys_mount_id_is_set (&bind->mount);

  g_mutex_lock (&self->lock);
  if (bind == NULL)
    bind = append (volume, container, index);
  g_clear_pointer (&bind->path, g_free);
  bind->mount = (SysMountId){ 0 };
  g_mutex_unlock (&self->lock);
  return news;
}

void
engine_bind_done (Engine *self, EnginePod *pod, EngineBind *bind, const char *path, const SysMountId *mount)
{
  if (g_strcmp0 (bind->path, path) == 0 && sys_mount_id_equal (&bind->mount, mount))
    return;
  g_mutex_lock (&self->lock);
  g_free (bind->path);
  bind->path = g_strdup (path);
  bind->mount = *mount;
  g_mutex_unlock (&self->lock);
  pod->unsaved = TRUE;
}

void
engine_bind_drop (Engine *self, EngineVolume *volume, const char *container, guint index)
{
  EngineBind *bind = engine_bind_find (volume, container, index);

  if (bind == NULL)
    return;
  g_mutex_lock (&self->lock);
  g_ptr_array_remove (volume->binds, bind);
  g_mutex_unlock (&self->lock);
}

gboolean
engine_bind_is_own (const EnginePod *pod, const EngineVolume *volume, const char *container, guint index,
                    const SysMountInfo *info)
{
  const EngineBind *bind = engine_bind_find (volume, container, index);

  if (!info->is_mount_root)
    return FALSE;
  if (bind == NULL)
    return pod->binds_unknown;
  return !sys_mount_id_is_set (&bind->mount) || sys_mount_id_equal (&bind->mount, &info->mount);
}

void
engine_bind_put (GByteArray *record, const EngineVolume *volume)
{
  guint n = volume->binds != NULL ? volume->binds->len : 0;

  record_put_number (record, n);
  for (guint i = 0; i < n; i++)
    {
      const EngineBind *bind = volume->binds->pdata[i];

      record_put_text (record, bind->container);
      record_put_number (record, bind->index);
      record_put_text (record, bind->path);
      record_put_mount (record, &bind->mount);
    }
}

void
engine_bind_get (RecordReader *record, EngineVolume *volume, gboolean same_boot)
{
  for (guint64 n = record_get_number (record); n > 0 && !record->bad; n--)
    {
      const char *container = record_get_text (record);
      EngineBind *bind = append (volume, container, (guint) record_get_number (record));
      const char *path = record_get_text (record);

      bind->path = *path != '\0' ? g_strdup (path) : NULL;
      bind->mount = record_get_mount (record);
    }
  /* No mount outlives a boot. */
  if (!same_boot)
    g_clear_pointer (&volume->binds, g_ptr_array_unref);
}

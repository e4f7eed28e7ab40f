/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event of the plugin ABI names no volume: it is about the one that the plugin is being called for. Services are
 * always run by the thread that makes the call, also for a plugin in a worker, so the thread tells which one that is.
 * An event from a thread of the plugin's own is about no volume, and only logged.
 *
 * Conditions are part of the pod's record: the one who sets a volume up has often gone when somebody asks. */
#include "engine/condition.h"

void
engine_condition_free (EngineCondition *self)
{
  g_free (self->reason);
  g_free (self->text);
  g_free (self);
}

void
engine_condition_begin (Engine *self, EngineVolume *volume)
{
  gboolean refresh = volume->state == ENGINE_READY;

  g_mutex_lock (&self->lock);
  volume->caller = g_thread_self ();
  for (guint i = 0; volume->conditions != NULL && i < volume->conditions->len; i++)
    {
      EngineCondition *condition = volume->conditions->pdata[i];

      condition->stale =
          condition->kind == ENGINE_CONDITION_PASSING || (condition->kind == ENGINE_CONDITION_OF_SET_UP && !refresh);
    }
  g_mutex_unlock (&self->lock);
}

void
engine_condition_keep (Engine *self, EngineVolume *volume)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; volume->conditions != NULL && i < volume->conditions->len; i++)
    {
      EngineCondition *condition = volume->conditions->pdata[i];

      if (!condition->stale && condition->kind == ENGINE_CONDITION_PASSING)
        condition->kind = ENGINE_CONDITION_LASTING;
    }
  g_mutex_unlock (&self->lock);
}

void
engine_condition_end (Engine *self, EnginePod *pod, EngineVolume *volume)
{
  g_mutex_lock (&self->lock);
  volume->caller = NULL;
  for (guint i = 0; volume->conditions != NULL && i < volume->conditions->len;)
    {
      const EngineCondition *condition = volume->conditions->pdata[i];

      if (!condition->stale)
        {
          i++;
          continue;
        }
      g_ptr_array_remove_index (volume->conditions, i);
      pod->unsaved = TRUE;
    }
  g_mutex_unlock (&self->lock);
}

/* The volume that the plugin is called for by this thread. Called with the lock held. */
static EngineVolume *
find_called (Engine *self, const char *plugin, EnginePod **ret_pod)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      EnginePod *pod = value;

      for (guint i = 0; i < pod->volumes->len; i++)
        {
          EngineVolume *volume = pod->volumes->pdata[i];

          if (volume->caller != g_thread_self () || !g_str_equal (volume->plugin, plugin))
            continue;
          *ret_pod = pod;
          return volume;
        }
    }
  return NULL;
}

static EngineCondition *
find (const EngineVolume *volume, const char *reason)
{
  for (guint i = 0; volume->conditions != NULL && i < volume->conditions->len; i++)
    {
      EngineCondition *condition = volume->conditions->pdata[i];

      if (g_str_equal (condition->reason, reason))
        return condition;
    }
  return NULL;
}

static EngineCondition *
append (EngineVolume *volume, const char *reason)
{
  EngineCondition *condition = g_new0 (EngineCondition, 1);

  condition->reason = g_strdup (reason);
  if (volume->conditions == NULL)
    volume->conditions = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_condition_free);
  g_ptr_array_add (volume->conditions, condition);
  return condition;
}

/* Of one reason there is one condition, and the last text counts. Answers whether it is news. Called with the lock
 * held. */
static gboolean
set (EnginePod *pod, EngineVolume *volume, const char *reason, const char *text)
{
  EngineCondition *condition = find (volume, reason);

  if (condition == NULL)
    condition = append (volume, reason);
  condition->stale = FALSE;
  if (g_strcmp0 (condition->text, text) == 0)
    return FALSE;
  g_free (condition->text);
  condition->text = g_strdup (text);
  if (condition->kind != ENGINE_CONDITION_LASTING)
    condition->kind = volume->state == ENGINE_READY ? ENGINE_CONDITION_PASSING : ENGINE_CONDITION_OF_SET_UP;
  pod->unsaved = TRUE;
  return TRUE;
}

static void
tell (const EnginePod *pod, const EngineVolume *volume, const char *reason, const char *text)
{
  g_warning ("volume \"%s\" of pod \"%s/%s\": %s: %s", volume->name, pod->ns, pod->name, reason, text);
}

void
engine_condition_hear (Engine *self, const char *plugin, gboolean warning, const char *reason, const char *text)
{
  EnginePod *pod = NULL;

  g_mutex_lock (&self->lock);
  EngineVolume *volume = find_called (self, plugin, &pod);
  gboolean news = volume == NULL || !warning || set (pod, volume, reason, text);
  g_mutex_unlock (&self->lock);

  if (!news)
    return;
  /* The call's pod is claimed by this thread, so it stays. */
  if (volume != NULL && warning)
    tell (pod, volume, reason, text);
  else
    g_log (G_LOG_DOMAIN, warning ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO, "%s: %s: %s", plugin, reason, text);
}

void
engine_condition_add (Engine *self, EnginePod *pod, EngineVolume *volume, const char *reason, const char *text)
{
  g_mutex_lock (&self->lock);
  gboolean news = set (pod, volume, reason, text);
  g_mutex_unlock (&self->lock);

  if (news)
    tell (pod, volume, reason, text);
}

void
engine_condition_drop (Engine *self, EnginePod *pod, EngineVolume *volume, const char *reason)
{
  g_mutex_lock (&self->lock);
  EngineCondition *condition = find (volume, reason);

  if (condition != NULL)
    {
      g_ptr_array_remove (volume->conditions, condition);
      pod->unsaved = TRUE;
    }
  g_mutex_unlock (&self->lock);
}

const char *
engine_condition_get_text (const EngineVolume *volume, const char *reason)
{
  const EngineCondition *condition = find (volume, reason);

  return condition != NULL ? condition->text : NULL;
}

GVariant *
engine_condition_list (const EngineVolume *volume)
{
  GVariantBuilder builder;

  if (volume->conditions == NULL || volume->conditions->len == 0)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < volume->conditions->len; i++)
    {
      const EngineCondition *condition = volume->conditions->pdata[i];

      g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&builder, "{sv}", "reason", g_variant_new_string (condition->reason));
      g_variant_builder_add (&builder, "{sv}", "text", g_variant_new_string (condition->text));
      g_variant_builder_close (&builder);
    }
  return g_variant_builder_end (&builder);
}

void
engine_condition_put (GByteArray *record, const EngineVolume *volume)
{
  guint n = volume->conditions != NULL ? volume->conditions->len : 0;

  record_put_number (record, n);
  for (guint i = 0; i < n; i++)
    {
      const EngineCondition *condition = volume->conditions->pdata[i];

      record_put_text (record, condition->reason);
      record_put_text (record, condition->text);
      record_put_number (record, condition->kind);
    }
}

void
engine_condition_get (RecordReader *record, EngineVolume *volume)
{
  for (guint64 n = record_get_number (record); n > 0 && !record->bad; n--)
    {
      EngineCondition *condition = append (volume, record_get_text (record));

      condition->text = g_strdup (record_get_text (record));

      guint64 kind = record_get_number (record);

      condition->kind = (guint) MIN (kind, ENGINE_CONDITION_LASTING);
    }
}

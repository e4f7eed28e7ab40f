/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/remove.h"

#include <kvol/kvol-error.h>

#include "engine/claim.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/place.h"
#include "engine/retry.h"
#include "engine/subpath.h"
#include "engine/token.h"
#include "engine/volume.h"
#include "model/name.h"
#include "sys/entry.h"
#include "sys/error.h"

/* Every volume is tried, also after one has failed: a stuck one costs only itself. */
static void
take_down_volumes (Engine *self, EnginePod *pod, LayoutPod *layout, GCancellable *cancellable)
{
  for (guint i = pod->volumes->len; i-- > 0;)
    {
      EngineVolume *volume = pod->volumes->pdata[i];
      GError *error = NULL;

      if (engine_volume_is_over (volume))
        continue;
      if (g_cancellable_set_error_if_cancelled (cancellable, &error))
        engine_set_state (self, pod, volume, ENGINE_FAILED, error);
      else if (engine_volume_take_down (self, pod, volume, layout, cancellable, &error))
        engine_set_state (self, pod, volume, engine_unmount_get_end (volume), NULL);
      else
        engine_set_state (self, pod, volume, ENGINE_FAILED, engine_failure_of_plugin (volume, error));
    }
}

/* What a cut-off set-up may have mounted is known by its id from here on, also when this removal is cut off too. */
static void
settle_volumes (Engine *self, EnginePod *pod)
{
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      EngineVolume *volume = pod->volumes->pdata[i];
      gboolean is_empty;

      /* What neither a record nor a plugin speaks for is left as it is. */
      if (volume->state == ENGINE_UNCERTAIN
          && (pod->slots.slot_size != 0 || loader_registry_find (self->registry, volume->plugin) != NULL))
        engine_place_look (self, volume, &is_empty, NULL);
    }
}

/* Writes down that the pod shall go. */
static gboolean
begin (Engine *self, EnginePod *pod, GError **error)
{
  gboolean begun = pod->leaving;

  g_mutex_lock (&self->lock);
  pod->leaving = TRUE;
  pod->ready = FALSE;
  /* Plugins are told the options when the record still has them. */
  if (pod->model == NULL && pod->object != NULL)
    pod->model = model_pod_new (pod->object, NULL);
  g_mutex_unlock (&self->lock);

  settle_volumes (self, pod);
  if (!begun && (!engine_open_dirs (self, TRUE, error) || !engine_journal_save (self, pod, FALSE, error)))
    {
      /* What is not written down has not begun. */
      g_mutex_lock (&self->lock);
      pod->leaving = FALSE;
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      EngineVolume *volume = pod->volumes->pdata[i];

      if (!engine_volume_is_over (volume))
        engine_set_state (self, pod, volume, ENGINE_UNMOUNTING, NULL);
    }
  return TRUE;
}

static gboolean
remove_dirs (Engine *self, EnginePod *pod, LayoutPod *layout, GError **error)
{
  EngineUnmount unmount;

  if (layout->pod_fd < 0)
    return TRUE;
  engine_unmount_init (&unmount, self, NULL, NULL);
  return engine_subpath_remove_rest (&unmount, layout->pod_fd, pod, error)
         && layout_pod_remove (layout, self->pods_fd, error);
}

static gboolean
take_down_pod (Engine *self, EnginePod *pod, LayoutPod *layout, GCancellable *cancellable, GError **error)
{
  gboolean retryable = FALSE;

  take_down_volumes (self, pod, layout, cancellable);
  for (guint i = 0; i < pod->volumes->len; i++)
    pod->detached |= ((EngineVolume *) pod->volumes->pdata[i])->state == ENGINE_DETACHED;
  if (!engine_failure_collect (pod, FALSE, NULL, &retryable, error))
    {
      /* Whoever comes next finds out which volumes are gone; that this could not be written down changes nothing. */
      engine_journal_save (self, pod, FALSE, NULL);
      return FALSE;
    }
  if (remove_dirs (self, pod, layout, error))
    return TRUE;
  /* What was detached nobody finds out again. */
  if (pod->detached && pod->unsaved)
    engine_journal_save (self, pod, FALSE, NULL);
  return FALSE;
}

gboolean
engine_remove_claimed (Engine *self, EnginePod *pod, GCancellable *cancellable, GError **error)
{
  g_auto (LayoutPod) layout = LAYOUT_POD_INIT;

  if (!begin (self, pod, error) || !layout_pod_find (&layout, self->pods_fd, pod->uid, error)
      || !take_down_pod (self, pod, &layout, cancellable, error) || !engine_journal_forget (self, pod, error))
    return FALSE;
  engine_tokens_forget_pod (self->tokens, pod->uid);

  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (pod->volumes, 0);
  g_clear_pointer (&pod->object, g_variant_unref);
  pod->slots = (SysSlots){ 0 };
  pod->leaving = FALSE;
  pod->binds_unknown = FALSE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Nothing is known of the pod; a record that nobody can read may be left. */
static gboolean
forget_unknown (Engine *self, EnginePod *pod, GError **error)
{
  gboolean forgotten = self->records_fd < 0 || sys_entry_unlink (self->records_fd, pod->uid, error);

  engine_release (self, pod, TRUE);
  return forgotten;
}

/* What was tried again in the background before goes on being tried. */
static gboolean
remove_asked_for (Engine *self, EnginePod *pod, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gboolean was_retried = pod->delay > 0;

  engine_retry_cancel (self->retry, pod);
  if (engine_remove_claimed (self, pod, cancellable, &failure))
    return TRUE;
  if (was_retried && sys_error_is_retryable (failure))
    engine_retry_schedule (self->retry, pod);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
engine_remove_pod (Engine *self, const char *uid, GCancellable *cancellable, GError **error)
{
  if (!model_name_is_component (uid))
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "metadata.uid: Invalid value: \"%s\"", uid);
      return FALSE;
    }

  EnginePod *pod = engine_open_dirs (self, FALSE, error) ? engine_claim (self, uid, TRUE, cancellable, error) : NULL;

  if (pod == NULL)
    return FALSE;
  if (pod->unknown)
    return forget_unknown (self, pod, error);
  if (engine_is_wanted (self, uid))
    {
      engine_release (self, pod, FALSE);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "pod %s is wanted again", uid);
      return FALSE;
    }

  gboolean gone = remove_asked_for (self, pod, cancellable, error);

  engine_release (self, pod, gone);
  if (self->ops->changed != NULL)
    self->ops->changed (self->data, uid, NULL, NULL, NULL);
  return gone;
}

void
engine_remove_unwanted (Engine *self, const char *uid)
{
  EnginePod *pod = engine_claim (self, uid, FALSE, NULL, NULL);

  if (pod == NULL)
    return;

  g_autoptr (GError) error = NULL;
  gboolean unwanted = !engine_is_wanted (self, uid);
  gboolean gone = unwanted && engine_remove_claimed (self, pod, NULL, &error);

  if (unwanted && !gone && sys_error_is_retryable (error))
    engine_retry_schedule (self->retry, pod);
  engine_release (self, pod, gone);
  if (gone && self->ops->changed != NULL)
    self->ops->changed (self->data, uid, NULL, NULL, NULL);
}

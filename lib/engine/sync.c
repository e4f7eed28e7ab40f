/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/sync.h"

#include <kvol/kvol-error.h>

#include "engine/claim.h"
#include "engine/condition.h"
#include "engine/failure.h"
#include "engine/journal.h"
#include "engine/place.h"
#include "engine/owner.h"
#include "engine/remove.h"
#include "engine/retry.h"
#include "engine/subpath.h"
#include "engine/volume.h"
#include "engine/watch.h"
#include "model/field.h"
#include "sys/error.h"

/* Makes the pod's list of volumes that of its model; known ones keep what is known. One that the pod does not list (any
 * more) is left alone until the pod goes: it stays ours to take down. */
static void
adopt_volumes (Engine *self, EnginePod *pod)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < pod->volumes->len; i++)
    ((EngineVolume *) pod->volumes->pdata[i])->listed = FALSE;
  for (guint i = 0; i < pod->model->volumes->len; i++)
    {
      const ModelVolume *wanted = pod->model->volumes->pdata[i];
      EngineVolume *volume = engine_pod_find_volume (pod, wanted->spec_name, wanted->plugin);

      if (volume == NULL)
        {
          volume = engine_volume_new (self->root, pod->uid, wanted->name, wanted->spec_name, wanted->plugin);
          g_ptr_array_add (pod->volumes, volume);
        }
      volume->listed = TRUE;
      g_free (volume->name);
      volume->name = g_strdup (wanted->name);
    }
  g_mutex_unlock (&self->lock);
}

/* Whether @model is not what the record says. */
static gboolean
differs_from (const EnginePod *pod, const ModelPod *model)
{
  return pod->object == NULL || (pod->model != model && !g_variant_equal (pod->object, model->object));
}

/* Takes @model as what is wanted. */
static void
adopt_model (Engine *self, EnginePod *pod, ModelPod *model, gboolean differs)
{
  ModelPod *old = pod->model;

  pod->unknown = FALSE;
  g_mutex_lock (&self->lock);
  pod->model = model_pod_ref (model);
  if (differs)
    {
      g_clear_pointer (&pod->object, g_variant_unref);
      pod->object = g_variant_ref (model->object);
      g_free (pod->ns);
      g_free (pod->name);
      pod->ns = g_strdup (model->ns);
      pod->name = g_strdup (model->name);
    }
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, model_pod_unref);
}

/* What will never answer again makes room for another. Who has it open keeps it, and has errors. Of a volume that
 * cannot be seen nothing is taken: it may be there all the same. */
static gboolean
make_room (Engine *self, EnginePod *pod, EngineVolume *volume, EngineLoss loss, GCancellable *work, GError **error)
{
  g_auto (LayoutPod) layout = LAYOUT_POD_INIT;

  return loss != ENGINE_LOSS_DEAD
         || (layout_pod_find (&layout, self->pods_fd, pod->uid, error)
             && engine_volume_take_down (self, pod, volume, &layout, work, error));
}

/* Brings what is there up to date. A volume that has lost its place is pending again. A failed refresh leaves the
 * volume as it stands: old content is better than none. */
static void
refresh_ready (Engine *self, EnginePod *pod, GCancellable *work)
{
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      EngineVolume *volume = pod->volumes->pdata[i];
      GError *error = NULL;
      EngineLoss loss = ENGINE_LOSS_NONE;

      if (!volume->listed || volume->state != ENGINE_READY)
        continue;
      engine_condition_begin (self, volume);
      if (!engine_volume_refresh (self, pod, volume, &loss, work, &error))
        error = engine_failure_of_plugin (volume, error);
      if (loss == ENGINE_LOSS_DEAD)
        {
          engine_condition_keep (self, volume);
          engine_watch_lost (volume);
        }
      engine_condition_end (self, pod, volume);
      engine_owner_review (self, pod, volume);
      if (loss != ENGINE_LOSS_NONE && make_room (self, pod, volume, loss, work, &error))
        {
          /* Its id stays known: what lies in its place instead is not ours. */
          engine_set_made (self, volume, ENGINE_MADE_UNKNOWN, &volume->mount, NULL);
          g_clear_pointer (&volume->published, sys_published_free);
          engine_set_state (self, pod, volume, ENGINE_PENDING, NULL);
        }
      else if (error != NULL || volume->error != NULL)
        engine_set_state (self, pod, volume, ENGINE_READY, error);
    }
}

static gboolean
is_unready (const EngineVolume *volume)
{
  return volume->listed && volume->state != ENGINE_READY;
}

static gboolean
has_unready (const EnginePod *pod)
{
  for (guint i = 0; i < pod->volumes->len; i++)
    if (is_unready (pod->volumes->pdata[i]))
      return TRUE;
  return FALSE;
}

static void
set_up_one (Engine *self, EnginePod *pod, EngineVolume *volume, LayoutPod *layout, GCancellable *work)
{
  GError *error = NULL;

  engine_condition_begin (self, volume);
  gboolean done = engine_volume_set_up (self, pod, volume, layout, work, &error);

  engine_condition_end (self, pod, volume);
  engine_owner_done (self, volume);
  if (done)
    {
      engine_set_state (self, pod, volume, ENGINE_READY, NULL);
      return;
    }
  error = engine_failure_of_plugin (volume, error);

  /* One that mounts its place itself may have done so before it was broken off. */
  gboolean uncertain = g_error_matches (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN)
                       || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  engine_set_state (self, pod, volume, uncertain ? ENGINE_UNCERTAIN : ENGINE_FAILED, error);
}

/* Whether the volume's set-up may be written down as begun. */
static gboolean
may_begin (Engine *self, EnginePod *pod, EngineVolume *volume, const LayoutPod *layout)
{
  gboolean is_empty = layout->is_new;
  GError *error = NULL;

  /* Nothing can be in the place of a pod that was not there. */
  if (!is_empty && !engine_place_look (self, volume, &is_empty, &error))
    {
      /* What could not be looked at stays as uncertain as it was. */
      gboolean foreign = g_error_matches (error, KVOL_ERROR, KVOL_ERROR_BUSY);

      engine_set_state (self, pod, volume, foreign ? ENGINE_FAILED : volume->state, error);
      return FALSE;
    }
  if (is_empty)
    engine_place_forget (self, pod, volume);
  if (volume->state != ENGINE_UNCERTAIN)
    engine_set_state (self, pod, volume, ENGINE_MOUNTING, NULL);
  return TRUE;
}

/* One "about to" for the whole pod, the work, and one "done". */
static gboolean
set_up_unready (Engine *self, EnginePod *pod, LayoutPod *layout, GCancellable *work, GError **error)
{
  g_autoptr (GPtrArray) begun = g_ptr_array_sized_new (pod->volumes->len);

  for (guint i = 0; i < pod->volumes->len; i++)
    if (is_unready (pod->volumes->pdata[i]) && may_begin (self, pod, pod->volumes->pdata[i], layout))
      g_ptr_array_add (begun, pod->volumes->pdata[i]);
  if (!engine_journal_save (self, pod, FALSE, error))
    return FALSE;
  for (guint i = 0; i < begun->len; i++)
    set_up_one (self, pod, begun->pdata[i], layout, work);
  return engine_journal_save (self, pod, FALSE, error);
}

static gboolean
bring_up (Engine *self, EnginePod *pod, gboolean differs, GCancellable *work, GError **error)
{
  g_auto (LayoutPod) layout = LAYOUT_POD_INIT;
  gboolean subpaths = pod->model->has_sub_paths;

  adopt_volumes (self, pod);
  refresh_ready (self, pod, work);

  gboolean needed = differs || pod->unsaved || pod->slots.slot_size == 0 || has_unready (pod);

  if ((needed || subpaths) && !layout_pod_make (&layout, self->pods_fd, pod->uid, error))
    return FALSE;
  if (needed && !set_up_unready (self, pod, &layout, work, error))
    return FALSE;
  return !subpaths || engine_subpath_prepare (self, pod, &layout, work, error);
}

static void
set_result (Engine *self, EnginePod *pod, gboolean ready, const GError *error)
{
  g_mutex_lock (&self->lock);
  pod->ready = ready;
  g_clear_error (&pod->error);
  pod->error = error ? g_error_copy (error) : NULL;
  g_mutex_unlock (&self->lock);
}

/* Options that a volume was set up with: where nothing can bring them up to date they hold as long as the pod. */
static gboolean
check_unchanged (Engine *self, const EnginePod *pod, const ModelPod *known, const ModelPod *model, GError **error)
{
  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];
      const LoaderPlugin *plugin = loader_registry_find (self->registry, volume->plugin);
      const ModelVolume *old = model_pod_find_volume (known, volume->name);
      const ModelVolume *new = model_pod_find_volume (model, volume->name);

      if (volume->state != ENGINE_READY || volume->made == ENGINE_MADE_HOST_PATH || plugin == NULL
          || plugin->desc.refresh != NULL || old == NULL || new == NULL
          || model_field_says_the_same (old->options, new->options))
        continue;
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
                   "the options of volume \"%s\" may not change while the pod lives; remove the pod first",
                   volume->name);
      return FALSE;
    }
  return TRUE;
}

/* What is to be worked for: @model, or, with @error set, what was wanted before, when the volumes that stand cannot
 * become what @model wants. *@ret_differs: it is not what the record says. (transfer full) */
static ModelPod *
choose_model (Engine *self, const EnginePod *pod, ModelPod *model, gboolean *ret_differs, GError **error)
{
  gboolean differs = differs_from (pod, model);
  g_autoptr (ModelPod) known = pod->object != NULL && differs ? model_pod_new (pod->object, NULL) : NULL;
  gboolean can_change = known == NULL || check_unchanged (self, pod, known, model, error);

  *ret_differs = differs && can_change;
  return can_change ? model_pod_ref (model) : g_steal_pointer (&known);
}

/* @was_due: this pass was made because a volume wanted it. */
static void
schedule_refresh (Engine *self, EnginePod *pod, gboolean was_due)
{
  gint64 first = 0;

  for (guint i = 0; i < pod->volumes->len; i++)
    {
      const EngineVolume *volume = pod->volumes->pdata[i];

      if (volume->listed && volume->state == ENGINE_READY && volume->due != 0 && (first == 0 || volume->due < first))
        first = volume->due;
    }
  if (first != 0)
    engine_retry_refresh_at (self->retry, pod, first, was_due);
}

/* The caller's cancellable ends its wait for the claim and nothing here: half a set-up helps nobody. */
static gboolean
sync_claimed (Engine *self, EnginePod *pod, ModelPod *model, gboolean was_due, GError **error)
{
  g_autoptr (GError) of_pod = NULL;
  g_autoptr (GError) failure = NULL;
  gboolean retryable = FALSE;

  /* Half-deleted data must not be taken for the new pod's. */
  gboolean removed = !pod->leaving || engine_remove_claimed (self, pod, NULL, &failure);
  gboolean differs = FALSE;
  g_autoptr (ModelPod) chosen = choose_model (self, pod, model, &differs, &of_pod);

  adopt_model (self, pod, chosen, differs);
  if (!removed)
    retryable = sys_error_is_retryable (failure);
  else
    {
      bring_up (self, pod, differs, engine_begin_work (self, pod), of_pod ? NULL : &of_pod);
      engine_end_work (self, pod);
      engine_failure_collect (pod, TRUE, of_pod, &retryable, &failure);
    }

  set_result (self, pod, failure == NULL, failure);
  if (retryable)
    engine_retry_schedule (self->retry, pod);
  else
    engine_retry_cancel (self->retry, pod);
  schedule_refresh (self, pod, was_due);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* What was set up for one pod must not become another's. */
static gboolean
check_same (const EnginePod *pod, const ModelPod *model, GError **error)
{
  if (pod->object == NULL || pod->leaving || (g_str_equal (pod->ns, model->ns) && g_str_equal (pod->name, model->name)))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
               "metadata.uid: Invalid value: \"%s\": pod \"%s/%s\" has it already", model->uid, pod->ns, pod->name);
  return FALSE;
}

gboolean
engine_sync_pod (Engine *self, ModelPod *model, GCancellable *cancellable, GError **error)
{
  EnginePod *pod =
      engine_open_dirs (self, TRUE, error) ? engine_claim (self, model->uid, TRUE, cancellable, error) : NULL;

  if (pod == NULL)
    return FALSE;
  if (!engine_is_wanted (self, model->uid))
    {
      engine_release (self, pod, pod->unknown);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "pod %s is not wanted any more", model->uid);
      return FALSE;
    }

  if (!check_same (pod, model, error))
    {
      engine_release (self, pod, FALSE);
      return FALSE;
    }

  gboolean ready = sync_claimed (self, pod, model, FALSE, error);

  engine_release (self, pod, FALSE);
  if (self->ops->changed != NULL)
    self->ops->changed (self->data, model->uid, NULL, NULL, NULL);
  return ready;
}

static void
sync_in_background (Engine *self, const char *uid, gboolean was_due)
{
  EnginePod *pod = engine_claim (self, uid, FALSE, NULL, NULL);
  g_autoptr (ModelPod) model = NULL;

  if (pod == NULL)
    return;
  if (engine_is_wanted (self, uid) && pod->model != NULL && (was_due || !pod->ready))
    model = model_pod_ref (pod->model);
  if (model != NULL)
    sync_claimed (self, pod, model, was_due, NULL);
  engine_release (self, pod, FALSE);
  if (model != NULL && self->ops->changed != NULL)
    self->ops->changed (self->data, uid, NULL, NULL, NULL);
}

void
engine_sync_again (Engine *self, const char *uid)
{
  sync_in_background (self, uid, FALSE);
}

void
engine_sync_due (Engine *self, const char *uid)
{
  sync_in_background (self, uid, TRUE);
}

/* Called with the lock held. *@ret_done: there is nothing more to wait for. */
static gboolean
look (Engine *self, const char *uid, gboolean cancelled, gboolean *ret_done, GError **error)
{
  const EnginePod *pod = g_hash_table_lookup (self->pods, uid);

  *ret_done = TRUE;
  if (pod == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABSENT, "pod %s is not known", uid);
      return FALSE;
    }
  if (!pod->busy && pod->ready)
    return TRUE;

  gboolean final = pod->error != NULL && !sys_error_is_retryable (pod->error);

  *ret_done = cancelled || (!pod->busy && (final || !g_hash_table_contains (self->wishes, uid)));
  if (*ret_done && error != NULL)
    *error = pod->error ? g_error_copy (pod->error)
                        : g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "nobody waits for pod %s any more", uid);
  return FALSE;
}

gboolean
engine_wait_pod (Engine *self, const char *uid, GCancellable *cancellable, GError **error)
{
  gulong handler = engine_wake_when_cancelled (self, cancellable);
  gboolean done = FALSE;
  gboolean ready = FALSE;

  g_mutex_lock (&self->lock);
  for (;;)
    {
      ready = look (self, uid, g_cancellable_is_cancelled (cancellable), &done, error);
      if (done)
        break;
      engine_wait_for_change (self);
    }
  g_mutex_unlock (&self->lock);
  g_cancellable_disconnect (cancellable, handler);
  return ready;
}

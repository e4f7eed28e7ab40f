/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/claim.h"

#include <kvol/kvol-error.h>

#include "engine/discover.h"
#include "engine/journal.h"
#include "engine/retry.h"
#include "engine/unmount.h"

/* Wakes the waiters of this engine when a cancellable fires; taking the lock first closes the gap between a waiter's
 * look at the cancellable and its sleep. */
static void
wake (GCancellable *cancellable, gpointer data)
{
  Engine *self = data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

gulong
engine_wake_when_cancelled (Engine *self, GCancellable *cancellable)
{
  return cancellable ? g_cancellable_connect (cancellable, G_CALLBACK (wake), self, NULL) : 0;
}

gboolean
engine_is_wanted (Engine *self, const char *uid)
{
  g_mutex_lock (&self->lock);
  gboolean wanted = g_hash_table_contains (self->wishes, uid);
  g_mutex_unlock (&self->lock);
  return wanted;
}

void
engine_wait_for_change (Engine *self)
{
  self->n_waiters++;
  g_cond_wait (&self->changed, &self->lock);
  self->n_waiters--;
}

/* What is known of a pod from before: its record, or its directory alone. */
static EnginePod *
find_before (Engine *self, const char *uid, GError **error)
{
  g_autoptr (GError) absent = NULL;
  EnginePod *pod = engine_journal_load (self, uid, &absent);

  if (pod != NULL)
    return pod;
  if (g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_ABSENT) || g_error_matches (absent, KVOL_ERROR, KVOL_ERROR_FINAL))
    return engine_discover (self, uid, error);
  g_propagate_error (error, g_steal_pointer (&absent));
  return NULL;
}

/* Takes the pod, or, when it is not known, keeps its place, so that nobody else reads its record meanwhile. NULL:
 * somebody has it. */
static EnginePod *
take_or_keep_place (Engine *self, const char *uid)
{
  g_mutex_lock (&self->lock);
  EnginePod *pod = g_hash_table_lookup (self->pods, uid);
  gboolean taken = pod != NULL && pod->busy;

  if (pod == NULL)
    {
      pod = engine_pod_new (uid);
      pod->loading = TRUE;
      g_hash_table_insert (self->pods, pod->uid, pod);
    }
  pod->busy = TRUE;
  g_mutex_unlock (&self->lock);
  return taken ? NULL : pod;
}

/* Waits until nobody has the pod any more. Nothing is held meanwhile that a handler of @cancellable could want. */
static gboolean
wait_until_free (Engine *self, const char *uid, GCancellable *cancellable, GError **error)
{
  gulong handler = engine_wake_when_cancelled (self, cancellable);
  gboolean aside = engine_retry_step_aside (self->retry);

  g_mutex_lock (&self->lock);
  for (;;)
    {
      const EnginePod *pod = g_hash_table_lookup (self->pods, uid);

      if (pod == NULL || !pod->busy || g_cancellable_is_cancelled (cancellable))
        break;
      engine_wait_for_change (self);
    }
  g_mutex_unlock (&self->lock);
  engine_retry_step_back (self->retry, aside);
  g_cancellable_disconnect (cancellable, handler);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

/* Puts what was found in the place that was kept for it; @found is NULL when there is nothing. */
static void
fill_place (Engine *self, EnginePod *place, EnginePod *found)
{
  g_mutex_lock (&self->lock);
  if (found == NULL)
    g_hash_table_remove (self->pods, place->uid);
  else
    {
      found->busy = TRUE;
      g_hash_table_replace (self->pods, found->uid, found);
    }
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

EnginePod *
engine_claim (Engine *self, const char *uid, gboolean create, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) not_found = NULL;
  EnginePod *pod = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  while ((pod = take_or_keep_place (self, uid)) == NULL)
    if (!wait_until_free (self, uid, cancellable, error))
      return NULL;
  if (!pod->loading)
    return pod;

  EnginePod *found = find_before (self, uid, &not_found);

  if (found == NULL && create && g_error_matches (not_found, KVOL_ERROR, KVOL_ERROR_ABSENT))
    {
      found = engine_pod_new (uid);
      found->unknown = TRUE;
    }
  fill_place (self, pod, found);
  if (found == NULL)
    g_propagate_error (error, g_steal_pointer (&not_found));
  return found;
}

void
engine_release (Engine *self, EnginePod *pod, gboolean forget)
{
  g_mutex_lock (&self->lock);
  pod->busy = FALSE;
  if (forget)
    g_hash_table_remove (self->pods, pod->uid);
  /* A system call each time, also when nobody waits. */
  if (self->n_waiters > 0)
    g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

GCancellable *
engine_begin_work (Engine *self, EnginePod *pod)
{
  g_mutex_lock (&self->lock);
  pod->work = g_cancellable_new ();
  if (!g_hash_table_contains (self->wishes, pod->uid))
    g_cancellable_cancel (pod->work);
  g_mutex_unlock (&self->lock);
  return pod->work;
}

void
engine_end_work (Engine *self, EnginePod *pod)
{
  g_mutex_lock (&self->lock);
  g_clear_object (&pod->work);
  g_mutex_unlock (&self->lock);
}

void
engine_want (Engine *self, const char *uid)
{
  g_mutex_lock (&self->lock);
  g_hash_table_add (self->wishes, g_strdup (uid));
  g_mutex_unlock (&self->lock);
}

void
engine_unwant (Engine *self, const char *uid)
{
  g_autoptr (GCancellable) work = NULL;

  g_mutex_lock (&self->lock);
  const EnginePod *pod = g_hash_table_lookup (self->pods, uid);

  g_hash_table_remove (self->wishes, uid);
  if (pod != NULL && pod->work != NULL)
    work = g_object_ref (pod->work);
  g_mutex_unlock (&self->lock);

  /* A set-up that nobody wants any more waits for no answer. */
  g_cancellable_cancel (work);
}

void
engine_set_state (Engine *self, EnginePod *pod, EngineVolume *volume, EngineState state, GError *error)
{
  gboolean differs = volume->state != state || error != NULL;
  const char *said = volume->error ? volume->error->message : NULL;
  g_autofree char *text = NULL;

  /* Whoever asks for the status is another process more often than not. */
  if (g_strcmp0 (said, error ? error->message : NULL) != 0)
    pod->unsaved = TRUE;
  g_mutex_lock (&self->lock);
  if (volume->state != state)
    volume->since = g_get_real_time ();
  volume->state = state;
  g_clear_error (&volume->error);
  volume->error = error;
  if (differs && self->ops->changed != NULL)
    text = g_strdup (error ? error->message : engine_volume_is_over (volume) ? engine_unmount_get_text (volume) : NULL);
  g_mutex_unlock (&self->lock);

  if (differs && self->ops->changed != NULL)
    self->ops->changed (self->data, pod->uid, volume->name, engine_state_to_string (state), text);
}

void
engine_set_made (Engine *self, EngineVolume *volume, EngineMade made, const SysMountId *mount, const char *host_path)
{
  g_mutex_lock (&self->lock);
  volume->made = made;
  volume->mount = mount ? *mount : (SysMountId){ 0 };
  g_free (volume->host_path);
  volume->host_path = g_strdup (host_path);
  g_mutex_unlock (&self->lock);
}

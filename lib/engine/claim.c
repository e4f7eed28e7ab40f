/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/claim.h"

#include <kvol/kvol-error.h>

#include "engine/discover.h"
#include "engine/journal.h"

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

void
engine_wait_for_change (Engine *self)
{
  self->n_waiters++;
  g_cond_wait (&self->changed, &self->lock);
  self->n_waiters--;
}

/* Waits until nobody has the pod, and takes it; NULL when it is not known. Called with the lock held. */
static EnginePod *
take_when_free (Engine *self, const char *uid, GCancellable *cancellable)
{
  for (;;)
    {
      EnginePod *pod = g_hash_table_lookup (self->pods, uid);

      if (pod == NULL || g_cancellable_is_cancelled (cancellable))
        return NULL;
      if (!pod->busy)
        {
          pod->busy = TRUE;
          return pod;
        }
      engine_wait_for_change (self);
    }
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

EnginePod *
engine_claim (Engine *self, const char *uid, gboolean create, GCancellable *cancellable, GError **error)
{
  gulong handler = engine_wake_when_cancelled (self, cancellable);
  g_autoptr (GError) not_found = NULL;

  g_mutex_lock (&self->lock);
  EnginePod *pod = take_when_free (self, uid, cancellable);
  g_mutex_unlock (&self->lock);
  g_cancellable_disconnect (cancellable, handler);

  if (pod != NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return pod;

  g_autoptr (EnginePod) found = find_before (self, uid, &not_found);

  if (found == NULL && create && g_error_matches (not_found, KVOL_ERROR, KVOL_ERROR_ABSENT))
    found = engine_pod_new (uid);
  if (found == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&not_found));
      return NULL;
    }

  /* Somebody else may have been as quick: then the table's is the one. */
  g_mutex_lock (&self->lock);
  gboolean first = !g_hash_table_contains (self->pods, uid);

  if (first)
    {
      pod = g_steal_pointer (&found);
      pod->busy = TRUE;
      g_hash_table_insert (self->pods, pod->uid, pod);
    }
  g_mutex_unlock (&self->lock);
  return first ? pod : engine_claim (self, uid, create, cancellable, error);
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

void
engine_set_state (Engine *self, EnginePod *pod, EngineVolume *volume, EngineState state, GError *error)
{
  gboolean differs = volume->state != state || error != NULL;

  g_mutex_lock (&self->lock);
  if (volume->state != state)
    volume->since = g_get_real_time ();
  volume->state = state;
  g_clear_error (&volume->error);
  volume->error = error;
  g_mutex_unlock (&self->lock);

  if (differs && self->ops->changed != NULL)
    self->ops->changed (self->data, pod->uid, volume->name, engine_state_to_string (state),
                        error ? error->message : NULL);
}

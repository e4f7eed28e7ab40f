/* SPDX-License-Identifier: MIT */
#include "deadline.h"

struct _Deadline
{
  GCancellable *cancellable;
  GThread *thread; /* NULL: the time was up from the start */
  GMutex lock;
  GCond changed;
  gint64 end; /* monotonic */
  gboolean over;
};

static gpointer
watch (gpointer data)
{
  Deadline *self = data;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (!self->over && in_time)
    in_time = g_cond_wait_until (&self->changed, &self->lock, self->end);
  g_mutex_unlock (&self->lock);

  if (!in_time)
    g_cancellable_cancel (self->cancellable);
  return NULL;
}

Deadline *
deadline_new (int seconds)
{
  Deadline *self = g_new0 (Deadline, 1);

  self->cancellable = g_cancellable_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->end = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;
  if (seconds > 0)
    self->thread = g_thread_new ("deadline", watch, self);
  else
    g_cancellable_cancel (self->cancellable);
  return self;
}

void
deadline_free (Deadline *self)
{
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);

  g_object_unref (self->cancellable);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GCancellable *
deadline_get_cancellable (Deadline *self)
{
  return self->cancellable;
}

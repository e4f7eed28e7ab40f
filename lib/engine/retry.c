/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/retry.h"

#define FIRST_DELAY (500 * G_TIME_SPAN_MILLISECOND)
#define LAST_DELAY (122 * G_TIME_SPAN_SECOND)
#define MAX_THREADS 4

struct _EngineRetry
{
  Engine *engine;
  EngineWork again;
  EngineWork refresh;
  GThread *clock;   /* under the engine's lock; NULL until something is scheduled */
  GCond due;        /* with the engine's lock: the schedule changed */
  gboolean stopped; /* under the engine's lock */
  GThreadPool *pool;
  GHashTable *workers; /* of the pool, with a job: GThread; under the engine's lock */
  guint n_aside;       /* of them; under the engine's lock */
};

typedef struct
{
  EngineWork work;
  char *uid;
} Job;

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;
  EngineRetry *self = user_data;

  g_mutex_lock (&self->engine->lock);
  g_hash_table_add (self->workers, g_thread_self ());
  g_mutex_unlock (&self->engine->lock);
  job->work (self->engine, job->uid);
  g_mutex_lock (&self->engine->lock);
  g_hash_table_remove (self->workers, g_thread_self ());
  g_mutex_unlock (&self->engine->lock);
  g_free (job->uid);
  g_free (job);
}

EngineRetry *
engine_retry_new (Engine *engine, EngineWork again, EngineWork refresh)
{
  EngineRetry *self = g_new0 (EngineRetry, 1);

  self->engine = engine;
  self->again = again;
  self->refresh = refresh;
  g_cond_init (&self->due);
  self->workers = g_hash_table_new (NULL, NULL);
  self->pool = g_thread_pool_new (run_job, self, MAX_THREADS, FALSE, NULL);
  return self;
}

void
engine_retry_push (EngineRetry *self, EngineWork work, const char *uid)
{
  Job *job = g_new0 (Job, 1);

  job->work = work;
  job->uid = g_strdup (uid);
  g_thread_pool_push (self->pool, job, NULL);
}

/* Called with the lock held. */
static void
set_aside (EngineRetry *self, guint n_aside)
{
  self->n_aside = n_aside;
  /* A pool that ends takes no orders, and who made the engine lets everybody go by then. */
  if (!self->stopped)
    g_thread_pool_set_max_threads (self->pool, (int) (MAX_THREADS + n_aside), NULL);
}

gboolean
engine_retry_step_aside (EngineRetry *self)
{
  g_mutex_lock (&self->engine->lock);
  gboolean aside = g_hash_table_contains (self->workers, g_thread_self ());

  if (aside)
    set_aside (self, self->n_aside + 1);
  g_mutex_unlock (&self->engine->lock);
  return aside;
}

void
engine_retry_step_back (EngineRetry *self, gboolean aside)
{
  if (!aside)
    return;
  g_mutex_lock (&self->engine->lock);
  set_aside (self, self->n_aside - 1);
  g_mutex_unlock (&self->engine->lock);
}

/* Does @work when *@at has come; else *@next is not later than it. */
static void
push_when_due (EngineRetry *self, const EnginePod *pod, EngineWork work, gint64 *at, gint64 now, gint64 *next)
{
  if (*at == 0)
    return;
  if (*at <= now)
    {
      *at = 0;
      engine_retry_push (self, work, pod->uid);
    }
  else if (*next == 0 || *at < *next)
    *next = *at;
}

/* When to look at the wall clock again: it may be set, and it goes on while the machine sleeps, as this thread's own
 * clock does not. */
static gint64
look_at_wall (const EnginePod *pod, gint64 now)
{
  return now + CLAMP (pod->refresh_due - g_get_real_time (), 0, LAST_DELAY);
}

/* Hands over what is due and answers when the next will be; 0: nothing is scheduled. Called with the lock held. */
static gint64
push_due (EngineRetry *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 next = 0;
  GHashTableIter iter;
  EnginePod *pod = NULL;

  g_hash_table_iter_init (&iter, self->engine->pods);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &pod))
    {
      push_when_due (self, pod, self->again, &pod->retry_at, now, &next);
      if (pod->refresh_at != 0 && pod->refresh_at <= now)
        pod->refresh_at = look_at_wall (pod, now);
      push_when_due (self, pod, self->refresh, &pod->refresh_at, now, &next);
    }
  return next;
}

static gpointer
run_clock (gpointer data)
{
  EngineRetry *self = data;

  g_mutex_lock (&self->engine->lock);
  while (!self->stopped)
    {
      gint64 next = push_due (self);

      if (next > 0)
        g_cond_wait_until (&self->due, &self->engine->lock, next);
      else
        g_cond_wait (&self->due, &self->engine->lock);
    }
  g_mutex_unlock (&self->engine->lock);
  return NULL;
}

static gint64
longer (gint64 delay)
{
  return delay == 0 ? FIRST_DELAY : MIN (delay * 2, LAST_DELAY);
}

/* Called with the lock held. */
static void
wake_clock (EngineRetry *self)
{
  /* The last jobs end after the clock has. */
  if (self->stopped)
    return;
  if (self->clock == NULL)
    self->clock = g_thread_new ("kvol-retry", run_clock, self);
  g_cond_signal (&self->due);
}

void
engine_retry_schedule (EngineRetry *self, EnginePod *pod)
{
  g_mutex_lock (&self->engine->lock);
  pod->delay = longer (pod->delay);
  pod->retry_at = g_get_monotonic_time () + pod->delay;
  wake_clock (self);
  g_mutex_unlock (&self->engine->lock);
}

void
engine_retry_refresh_at (EngineRetry *self, EnginePod *pod, gint64 usec, gboolean hurries)
{
  gint64 now = g_get_real_time ();

  g_mutex_lock (&self->engine->lock);
  if (usec - now >= LAST_DELAY)
    pod->hurry = 0;
  else if (hurries)
    pod->hurry = longer (pod->hurry);
  pod->refresh_due = MAX (usec, now + pod->hurry);
  pod->refresh_at = look_at_wall (pod, g_get_monotonic_time ());
  wake_clock (self);
  g_mutex_unlock (&self->engine->lock);
}

void
engine_retry_cancel (EngineRetry *self, EnginePod *pod)
{
  g_mutex_lock (&self->engine->lock);
  pod->delay = 0;
  pod->retry_at = 0;
  pod->refresh_at = 0;
  g_mutex_unlock (&self->engine->lock);
}

void
engine_retry_stop (EngineRetry *self)
{
  g_mutex_lock (&self->engine->lock);
  self->stopped = TRUE;
  g_cond_signal (&self->due);
  g_mutex_unlock (&self->engine->lock);

  if (self->clock != NULL)
    g_thread_join (self->clock);
  g_thread_pool_free (self->pool, FALSE, TRUE);
}

void
engine_retry_free (EngineRetry *self)
{
  g_hash_table_unref (self->workers);
  g_cond_clear (&self->due);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/watch.h"

#include <glib-unix.h>

#include "engine/retry.h"
#include "engine/sync.h"

/* What is readable already has been so when its plugin gave it: it is asked again, but keeps nobody busy. */
#define TOO_SOON (1 * G_TIME_SPAN_SECOND)
/* What is lost again and again, each time sooner than CALM, is found out about ever later. */
#define LONGEST_PATIENCE (122 * G_TIME_SPAN_SECOND)
#define CALM (10 * G_TIME_SPAN_MINUTE)

struct _EngineWatch
{
  Engine *engine;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;  /* under the engine's lock; NULL until something is looked at */
  gboolean stopped; /* under the engine's lock */
};

typedef struct
{
  EngineWatch *watch;
  char *uid;
  int fd;
} Watched;

static void
watched_free (gpointer data)
{
  Watched *self = data;

  kvol_clear_fd (&self->fd);
  g_free (self->uid);
  g_free (self);
}

static gboolean
on_time (gpointer data)
{
  const Watched *self = data;

  engine_retry_push (self->watch->engine->retry, engine_sync_due, self->uid);
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  return on_time (data);
}

static gpointer
run (gpointer data)
{
  g_main_loop_run (((EngineWatch *) data)->loop);
  return NULL;
}

EngineWatch *
engine_watch_new (Engine *engine)
{
  EngineWatch *self = g_new0 (EngineWatch, 1);

  self->engine = engine;
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  return self;
}

static gboolean
stop (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

void
engine_watch_stop (EngineWatch *self)
{
  g_mutex_lock (&self->engine->lock);
  self->stopped = TRUE;
  g_mutex_unlock (&self->engine->lock);

  if (self->thread == NULL)
    return;
  /* It may not have begun to run yet, so it is told from within. */
  g_main_context_invoke (self->context, stop, self->loop);
  g_thread_join (self->thread);
}

void
engine_watch_free (EngineWatch *self)
{
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}

static gboolean
is_readable (int fd)
{
  GPollFD poll = { .fd = fd, .events = G_IO_IN };

  return g_poll (&poll, 1, 0) > 0;
}

void
engine_watch_drop (EngineVolume *volume)
{
  if (volume->watch == NULL)
    return;
  g_source_destroy (volume->watch);
  g_clear_pointer (&volume->watch, g_source_unref);
}

void
engine_watch_lost (EngineVolume *volume)
{
  gint64 now = g_get_monotonic_time ();
  gboolean again = volume->lost_at != 0 && now - volume->lost_at < CALM;

  volume->patience = again ? CLAMP (volume->patience * 2, TOO_SOON, LONGEST_PATIENCE) : 0;
  volume->lost_at = now;
}

/* How long to wait before @volume is asked again; 0: until its descriptor says so. */
static gint64
get_patience (const EngineVolume *volume, int fd)
{
  gint64 left = volume->lost_at + volume->patience - g_get_monotonic_time ();

  return volume->patience > 0 && left > 0 ? left : is_readable (fd) ? TOO_SOON : 0;
}

static void
start_thread (EngineWatch *self)
{
  g_mutex_lock (&self->engine->lock);
  if (self->thread == NULL && !self->stopped)
    self->thread = g_thread_new ("kvol-watch", run, self);
  g_mutex_unlock (&self->engine->lock);
}

void
engine_watch_set (EngineWatch *self, const EnginePod *pod, EngineVolume *volume, int fd)
{
  Watched *watched;
  gint64 patience;

  engine_watch_drop (volume);
  if (fd < 0)
    return;
  watched = g_new0 (Watched, 1);
  *watched = (Watched){ self, g_strdup (pod->uid), fd };
  patience = get_patience (volume, fd);
  if (patience > 0)
    {
      volume->watch = g_timeout_source_new ((guint) (patience / G_TIME_SPAN_MILLISECOND) + 1);
      g_source_set_callback (volume->watch, on_time, watched, watched_free);
    }
  else
    {
      volume->watch = g_unix_fd_source_new (fd, G_IO_IN);
      g_source_set_callback (volume->watch, G_SOURCE_FUNC (on_readable), watched, watched_free);
    }
  g_source_attach (volume->watch, self->context);
  start_thread (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "file-lock.h"
#include "loop-queues.h"
#include "operations.h"
#include "unstable.h"

enum
{
  WATCH_FUSE,
  WATCH_LINK,
  WATCH_WAKE
};

/* What the kernel is asked for before the server's answers are looked at. */
#define REQUESTS_AT_ONCE 16
/* The kernel does not want the volume any more: what is not at the server by then never will be. */
#define FAREWELL_USEC (3 * G_TIME_SPAN_SECOND)

typedef struct
{
  LoopRun run;
  gpointer data;
} Message;

/* ---- questions ---- */

static void
finish (Call *call, gpointer result)
{
  int status = result != NULL ? *(const int *) result : 0;

  loop_put (call, NULL);
  if (result != NULL && status == NFS3ERR_JUKEBOX)
    {
      guint times = MIN (call->refused++, 4);

      call->not_before = g_get_monotonic_time () + (IMPATIENT_USEC << times);
      loop_put (call, &call->loop->later);
      return;
    }
  call->then (call, result != NULL ? attributes_errno (status) : EIO, result);
}

void
loop_answered (struct rpc_context *rpc, int status, void *result, void *private_data)
{
  Call *call = private_data;

  if (status == RPC_STATUS_SUCCESS && result != NULL)
    finish (call, result);
  else
    loop_put (call, &call->loop->failed);
}

static void
ask_now (Loop *self, Call *call, struct rpc_context *rpc)
{
  if (self->current != call->identity)
    {
      if (self->current == NULL || !identity_equal (self->current, call->identity))
        identity_apply (call->identity, rpc);
      g_clear_pointer (&self->current, identity_unref);
      self->current = identity_ref (call->identity);
    }
  call->asked++;
  call->sent = g_get_monotonic_time ();
  loop_put (call, &self->sent);
  if (call->ask (call, rpc) != 0)
    {
      loop_put (call, NULL);
      call->then (call, ENOMEM, NULL);
    }
}

void
loop_take (Loop *self, Call *call)
{
  struct rpc_context *rpc = link_get_rpc (self->link);

  if (rpc != NULL)
    ask_now (self, call, rpc);
  else
    loop_put (call, &self->waiting);
}

void
loop_flush (Loop *self)
{
  link_flush (self->link);
}

/* What is abandoned is not asked again. */
static void
put_back (Loop *self, Call *call)
{
  if (loop_is_abandoned (call))
    {
      loop_put (call, NULL);
      call->then (call, EINTR, NULL);
    }
  else
    loop_put (call, &self->waiting);
}

static void
on_lost (Loop *self)
{
  while (self->failed.head != NULL)
    put_back (self, self->failed.head->data);
  while (self->sent.head != NULL)
    put_back (self, self->sent.head->data);
  g_clear_pointer (&self->current, identity_unref);
  /* The server that comes back may be another one, or have been put back to what it was. */
  absent_forget_all (self->volume->absent);
}

/* The connection is well: these the server has refused to look at. */
static void
refuse_failed (Loop *self)
{
  while (link_get_rpc (self->link) != NULL && self->failed.head != NULL)
    {
      Call *call = self->failed.head->data;

      loop_put (call, NULL);
      call->then (call, EIO, NULL);
    }
}

static void
on_ready (Loop *self, gboolean again)
{
  GQueue waiting = self->waiting;

  /* Who asked first is answered first, but for the question what became of the writes that were not committed. */
  g_queue_init (&self->waiting);
  for (GList *link = waiting.head; link != NULL; link = link->next)
    ((Call *) link->data)->queue = &waiting;
  if (again)
    unstable_suspect_all (self);
  while (waiting.head != NULL && link_get_rpc (self->link) != NULL)
    {
      Call *call = waiting.head->data;

      loop_put (call, NULL);
      if (call->again != NULL)
        call->again (call);
      else
        ask_now (self, call, link_get_rpc (self->link));
    }
  while (waiting.head != NULL)
    loop_put (waiting.head->data, &self->waiting);
}

static const LinkOps link_ops = { on_ready, on_lost };

/* ---- what happens ---- */

static void
read_requests (Loop *self)
{
  for (int i = 0; i < REQUESTS_AT_ONCE && !fuse_session_exited (self->volume->session); i++)
    {
      int n = fuse_session_receive_buf (self->volume->session, &self->buffer);

      if (n <= 0)
        break;
      fuse_session_process_buf (self->volume->session, &self->buffer);
      volume_begin (self->volume);
    }
}

static void
read_inbox (Loop *self)
{
  guint64 n;

  if (read (self->wake_fd, &n, sizeof n) < 0)
    return;
  for (;;)
    {
      g_autofree Message *message = NULL;

      g_mutex_lock (&self->lock);
      message = g_queue_pop_head (&self->inbox);
      g_mutex_unlock (&self->lock);
      if (message == NULL)
        return;
      message->run (self, message->data);
    }
}

static void
handle (Loop *self, const struct epoll_event *event)
{
  if (event->data.u32 == WATCH_LINK)
    link_service (self->link, event->events);
  else if (event->data.u32 == WATCH_WAKE)
    read_inbox (self);
  else
    read_requests (self);
}

/* FALSE when it is all over. */
static gboolean
go_on (Loop *self, gint64 now)
{
  if (!self->leaving && fuse_session_exited (self->volume->session))
    {
      self->leaving = TRUE;
      self->farewell = now + FAREWELL_USEC;
      epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, fuse_session_fd (self->volume->session), NULL);
      volume_wake (self->volume);
      unstable_commit_all (self);
      file_lock_leave (self);
      removal_of_silly_names (self);
    }
  return !self->leaving || (self->calls.head != NULL && now < self->farewell);
}

gpointer
loop_run (gpointer data)
{
  Loop *self = data;
  struct epoll_event events[4];
  gint64 now = g_get_monotonic_time ();

  self->thread = pthread_self ();
  g_atomic_int_set (&self->running, 1);
  while (go_on (self, now))
    {
      int n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), loop_get_patience (self, now));

      for (int i = 0; i < n; i++)
        handle (self, &events[i]);
      refuse_failed (self);
      now = g_get_monotonic_time ();
      loop_look_at_impatient (self, now);
      loop_ask_later_ones (self, now);
      if (loop_is_overdue (self, now))
        link_give_up (self->link);
      if (self->waiting.head != NULL)
        link_want (self->link, now);
      link_flush (self->link);
      refuse_failed (self);
    }
  return NULL;
}

void
loop_wake (Loop *self)
{
  const guint64 one = 1;

  if (write (self->wake_fd, &one, sizeof one) < 0)
    return; /* it is awake */
}

void
loop_post (Loop *self, LoopRun run, gpointer data)
{
  Message *message = g_new (Message, 1);

  *message = (Message){ run, data };
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->inbox, message);
  g_mutex_unlock (&self->lock);
  loop_wake (self);
}

gboolean
loop_is_mine (const Loop *self)
{
  return g_atomic_int_get (&self->running) && pthread_equal (self->thread, pthread_self ());
}

Volume *
loop_get_volume (Loop *self)
{
  return self->volume;
}

IdentityMemory *
loop_get_identities (Loop *self)
{
  return &self->identities;
}

GQueue *
loop_get_calls (Loop *self)
{
  return &self->calls;
}

gpointer
loop_steal_buffer (Loop *self)
{
  return g_steal_pointer (&self->buffer.mem);
}

static gboolean
watch (Loop *self, int fd, guint32 events, guint32 what)
{
  struct epoll_event event = { .events = events, .data.u32 = what };

  return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

Loop *
loop_new (Volume *volume, GError **error)
{
  Loop *self = g_new0 (Loop, 1);

  self->volume = volume;
  g_mutex_init (&self->lock);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->link = link_new (self, self->epoll_fd, &link_ops);
  /* Of the threads that sleep one is woken for a request. */
  if (self->epoll_fd >= 0 && self->wake_fd >= 0 && watch (self, self->wake_fd, EPOLLIN, WATCH_WAKE)
      && watch (self, fuse_session_fd (volume->session), EPOLLIN | EPOLLEXCLUSIVE, WATCH_FUSE))
    return self;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot wait for requests: %s",
               g_strerror (errno));
  loop_free (self);
  return NULL;
}

void
loop_free (Loop *self)
{
  link_free (self->link);
  while (self->calls.head != NULL)
    call_free (self->calls.head->data);
  g_clear_pointer (&self->current, identity_unref);
  g_clear_pointer (&self->identities.identity, identity_unref);
  free (self->buffer.mem);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  if (self->wake_fd >= 0)
    close (self->wake_fd);
  g_queue_clear_full (&self->inbox, g_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

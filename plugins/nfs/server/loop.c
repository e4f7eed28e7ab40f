/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "call.h"
#include "file-lock.h"
#include "link.h"
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
/* How often it is seen whether who was interrupted is to be killed. */
#define IMPATIENT_USEC (100 * G_TIME_SPAN_MILLISECOND)
/* The kernel does not want the volume any more: what is not at the server by then never will be. */
#define FAREWELL_USEC (3 * G_TIME_SPAN_SECOND)

struct _Loop
{
  Volume *volume;
  pthread_t thread;
  gint running;
  int epoll_fd;
  int wake_fd;
  Link *link;
  struct fuse_buf buffer;
  Identity *current; /* that the connection was told of: a reference */
  IdentityMemory identities;
  GQueue calls;   /* all, by their `all` link */
  GQueue waiting; /* for the connection */
  GQueue sent;
  GQueue failed; /* the library gave them back: the connection is lost, or the server would not take them */
  GQueue later;  /* the server said "later" */
  guint interrupted;
  gboolean leaving;
  gint64 farewell;
  GMutex lock; /* of the inbox */
  GQueue inbox;
};

typedef struct
{
  LoopRun run;
  gpointer data;
} Message;

static void
put (Call *call, GQueue *queue)
{
  if (call->queue != NULL)
    g_queue_unlink (call->queue, &call->link);
  call->queue = queue;
  if (queue != NULL)
    g_queue_push_tail_link (queue, &call->link);
}

/* ---- questions ---- */

static void
finish (Call *call, gpointer result)
{
  int status = result != NULL ? *(const int *) result : 0;

  put (call, NULL);
  if (result != NULL && status == NFS3ERR_JUKEBOX)
    {
      guint times = MIN (call->refused++, 4);

      call->not_before = g_get_monotonic_time () + (IMPATIENT_USEC << times);
      put (call, &call->loop->later);
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
    put (call, &call->loop->failed);
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
  put (call, &self->sent);
  if (call->ask (call, rpc) != 0)
    {
      put (call, NULL);
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
    put (call, &self->waiting);
}

void
loop_flush (Loop *self)
{
  link_flush (self->link);
}

/* Nobody waits for the answer any more; of a part, for that of the whole. */
static gboolean
is_abandoned (const Call *call)
{
  const Call *whole = call->whole != NULL ? call->whole : call;

  return whole->interrupted && whole->req == NULL;
}

/* What is abandoned is not asked again. */
static void
put_back (Loop *self, Call *call)
{
  if (is_abandoned (call))
    {
      put (call, NULL);
      call->then (call, EINTR, NULL);
    }
  else
    put (call, &self->waiting);
}

static void
on_lost (Loop *self)
{
  while (self->failed.head != NULL)
    put_back (self, self->failed.head->data);
  while (self->sent.head != NULL)
    put_back (self, self->sent.head->data);
  g_clear_pointer (&self->current, identity_unref);
}

/* The connection is well: these the server has refused to look at. */
static void
refuse_failed (Loop *self)
{
  while (link_get_rpc (self->link) != NULL && self->failed.head != NULL)
    {
      Call *call = self->failed.head->data;

      put (call, NULL);
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

      put (call, NULL);
      if (call->again != NULL)
        call->again (call);
      else
        ask_now (self, call, link_get_rpc (self->link));
    }
  while (waiting.head != NULL)
    put (waiting.head->data, &self->waiting);
}

static const LinkOps link_ops = { on_ready, on_lost };

/* ---- impatience ---- */

/* Any signal interrupts; only one that ends the process is a reason not to wait for the server. Linux turns those into
 * SIGKILL. A process that cannot be seen is believed. */
static gboolean
is_dying (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *text = NULL;
  static const char *const fields[] = { "\nSigPnd:\t", "\nShdPnd:\t", NULL };

  if (pid <= 0 || !g_file_get_contents (path, &text, NULL, NULL))
    return TRUE;
  for (gsize i = 0; fields[i] != NULL; i++)
    {
      const char *field = strstr (text, fields[i]);

      if (field != NULL && (g_ascii_strtoull (field + strlen (fields[i]), NULL, 16) & (1u << (9 - 1))))
        return TRUE;
    }
  return FALSE;
}

static void
give_up (Call *call, int number)
{
  call->interrupted = TRUE;
  fuse_reply_err (g_steal_pointer (&call->req), number);
  if (call->given_up != NULL)
    call->given_up (call);
}

void
loop_interrupt (Loop *self, Call *call)
{
  if (call->req != NULL && !call->interrupted)
    {
      call->interrupted = TRUE;
      self->interrupted++;
    }
}

/* What has not gone out need not, when nobody waits for it. Ending one may end others. */
static void
purge (GQueue *queue)
{
  GList *link = queue->head;

  while (link != NULL)
    {
      Call *call = link->data;

      link = link->next;
      if (!is_abandoned (call))
        continue;
      put (call, NULL);
      call->then (call, EINTR, NULL);
      link = queue->head;
    }
}

static void
look_at_impatient (Loop *self, gint64 now)
{
  if (self->interrupted == 0 && self->volume->settings->soft_usec == 0)
    return;
  self->interrupted = 0;
  for (GList *link = self->calls.head; link != NULL; link = link->next)
    {
      Call *call = link->data;

      if (call->req == NULL)
        continue;
      if (call->interrupted && is_dying (call->pid))
        give_up (call, EINTR);
      else if (call->deadline != 0 && now >= call->deadline)
        give_up (call, ETIMEDOUT);
      else if (call->interrupted)
        self->interrupted++;
    }
  purge (&self->waiting);
  purge (&self->later);
}

static void
ask_later_ones (Loop *self, gint64 now)
{
  for (guint n = self->later.length; n > 0 && self->later.head != NULL; n--)
    {
      Call *call = self->later.head->data;

      put (call, NULL);
      if (now >= call->not_before)
        loop_take (self, call);
      else
        put (call, &self->later);
    }
}

/* How long there is nothing to do, in milliseconds; -1: until something happens. */
static int
get_patience (Loop *self, gint64 now)
{
  gint64 next = G_MAXINT64;

  if (self->waiting.head != NULL)
    next = link_get_next (self->link);
  if (self->later.head != NULL || self->interrupted > 0 || self->leaving
      || (self->volume->settings->soft_usec != 0 && self->calls.head != NULL))
    next = MIN (next, now + IMPATIENT_USEC);
  return next == G_MAXINT64 ? -1 : (int) CLAMP ((next - now + 999) / 1000, 0, 1000);
}

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
      int n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), get_patience (self, now));

      for (int i = 0; i < n; i++)
        handle (self, &events[i]);
      refuse_failed (self);
      now = g_get_monotonic_time ();
      look_at_impatient (self, now);
      ask_later_ones (self, now);
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

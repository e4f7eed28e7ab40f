/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loop.h"

#include <errno.h>
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
/* With so many on their way a thread calls another one to help, which goes after so many turns that were not worth
 * it. */
#define WORTH_HELP 4
#define LONELY_MOST 32
/* Between large ones there may be so many others: the rest of a write that did not begin with a page. */
#define LARGE_LASTS 4
/* Who asks for one thing after the other is back so soon after an answer. After so many times in a row that is expected
 * of him. */
#define SOON_USEC 20
#define SOON_ENOUGH 4
#define EVENTS_AT_ONCE 4
/* The kernel does not want the volume any more: what is not at the server by then never will be. */
#define FAREWELL_USEC (3 * G_TIME_SPAN_SECOND)

typedef struct
{
  LoopRun run;
  gpointer data;
} Message;

/* ---- questions ---- */

void
loop_answered (gpointer question, gpointer result)
{
  Call *call = question;
  int status = result != NULL ? *(const int *) result : 0;

  loop_put (call, NULL);
  if (result != NULL && status == NFS3ERR_JUKEBOX)
    loop_put_off (call);
  else
    call->then (call, result != NULL ? attributes_errno (status) : EIO, result);
}

static void
ask_now (Loop *self, Call *call, Wire *wire)
{
  wire_set_identity (wire, call->identity);
  call->asked++;
  call->sent = g_get_monotonic_time ();
  loop_put (call, &self->sent);
  if (call->ask (call, wire) != 0)
    {
      loop_put (call, NULL);
      call->then (call, ENAMETOOLONG, NULL);
    }
}

void
loop_take (Loop *self, Call *call)
{
  Wire *wire = link_get_wire (self->link);

  if (wire != NULL)
    ask_now (self, call, wire);
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
on_lost (Loop *self, gboolean hung_up)
{
  while (self->sent.head != NULL)
    {
      Call *call = self->sent.head->data;

      call->hung_up += hung_up;
      put_back (self, call);
    }
  /* The server that comes back may be another one, or have been put back to what it was. */
  absent_forget_all (self->volume->absent);
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
  while (waiting.head != NULL && link_get_wire (self->link) != NULL)
    {
      Call *call = waiting.head->data;

      loop_put (call, NULL);
      if (call->again != NULL)
        call->again (call);
      else
        ask_now (self, call, link_get_wire (self->link));
    }
  while (waiting.head != NULL)
    loop_put (waiting.head->data, &self->waiting);
}

static const LinkOps link_ops = { on_ready, on_lost };

/* ---- what happens ---- */

static gboolean
watch (Loop *self, int fd, guint32 events, guint32 what)
{
  struct epoll_event event = { .events = events, .data.u32 = what };

  return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void
note_size (Loop *self, gssize n)
{
  if (n >= (gssize) PAGE_PIPE_WORTH)
    self->large = LARGE_LASTS;
  else if (n > 0 && self->large > 0)
    self->large--;
}

/* As fuse_session_receive_buf(). */
static gssize
receive (Loop *self, struct fuse_buf *ret_request)
{
  gssize n;

  *ret_request = (struct fuse_buf){ .mem = room_get_memory (self->room) };
  n = fuse_session_receive_buf (self->volume->session, ret_request);
  note_size (self, n);
  return n;
}

/* One thread does it alone as long as it can: who asks for one thing after the other waits for nothing but the wakening
 * of threads. Another one helps when there are several requests, or one that takes its time. */
static gboolean
take_requests (Loop *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->watches, FALSE, TRUE))
    return TRUE;
  /* Of those that sleep one is woken for a request. */
  return watch (self, fuse_session_fd (self->volume->session), EPOLLIN | EPOLLEXCLUSIVE, WATCH_FUSE);
}

/* Requests that follow each other come in one turn, too, so they are not what counts. */
static gboolean
is_worth_help (const Loop *self)
{
  return self->large > 0 || self->sent.length >= WORTH_HELP;
}

static void
call_help (Loop *self)
{
  const Volume *volume = self->volume;

  take_requests (volume->loops[(self->number + 1) % (guint) volume->settings->threads]);
}

static void
leave_requests (Loop *self)
{
  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, fuse_session_fd (self->volume->session), NULL);
  g_atomic_int_set (&self->watches, FALSE);
}

static void
read_requests (Loop *self)
{
  struct fuse_session *session = self->volume->session;

  for (int i = 0; i < REQUESTS_AT_ONCE && !fuse_session_exited (session); i++)
    {
      struct fuse_buf request;

      if (receive (self, &request) <= 0)
        break;
      if (is_worth_help (self))
        call_help (self);
      self->taken = request.mem;
      fuse_session_process_buf (session, &request);
      volume_begin (self->volume);
    }
  self->lonely = is_worth_help (self) ? 0 : self->lonely + 1;
  if (self->number > 0 && self->lonely > LONELY_MOST)
    leave_requests (self);
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
      leave_requests (self);
      volume_wake (self->volume);
      unstable_commit_all (self);
      file_lock_leave (self);
      removal_of_silly_names (self);
    }
  return !self->leaving || (self->calls.head != NULL && now < self->farewell);
}

/* To fall asleep and be woken takes longer than somebody prompt needs to be back, so he is waited for awake, for that
 * short time. He has to be prompt again and again: whoever takes his time is waited for asleep, as answers are. */
static int
wait_awake (Loop *self, struct epoll_event *ret_events, gint64 now)
{
  int n = 0;

  if (self->sent.head != NULL || self->large > 0 || self->soon < SOON_ENOUGH)
    return 0;
  while (n == 0 && g_get_monotonic_time () < now + SOON_USEC)
    n = epoll_wait (self->epoll_fd, ret_events, EVENTS_AT_ONCE, 0);
  return n;
}

static int
wait_for_events (Loop *self, struct epoll_event *ret_events, gint64 now)
{
  int n = wait_awake (self, ret_events, now);

  if (n == 0)
    n = epoll_wait (self->epoll_fd, ret_events, EVENTS_AT_ONCE, loop_get_patience (self, now));
  if (self->sent.head == NULL)
    self->soon = g_get_monotonic_time () < now + SOON_USEC ? self->soon + 1 : 0;
  return n;
}

gpointer
loop_run (gpointer data)
{
  Loop *self = data;
  struct epoll_event events[EVENTS_AT_ONCE];
  gint64 now = g_get_monotonic_time ();

  self->thread = pthread_self ();
  g_atomic_int_set (&self->running, 1);
  while (go_on (self, now))
    {
      int n = wait_for_events (self, events, now);

      for (int i = 0; i < n; i++)
        handle (self, &events[i]);
      now = g_get_monotonic_time ();
      loop_look_at_impatient (self, now);
      loop_look_at_deaf (self, now);
      loop_ask_later_ones (self, now);
      if (loop_is_overdue (self, now))
        link_give_up (self->link);
      if (self->waiting.head != NULL)
        link_want (self->link, now);
      link_settle (self->link);
      rooms_settle (self->volume->rooms, now);
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

/* libfuse keeps it to itself. */
guint64
loop_get_request (const Loop *self)
{
  return self->taken->unique;
}

Spout *
loop_get_spout (Loop *self)
{
  return &self->spout;
}

Room *
loop_steal_room (Loop *self)
{
  Room *next = rooms_take (self->volume->rooms);
  Room *room = self->room;

  if (next == NULL)
    return NULL;
  self->room = next;
  return room;
}

Loop *
loop_new (Volume *volume, guint number, GError **error)
{
  Loop *self = g_atomic_rc_box_new0 (Loop);

  self->volume = volume;
  self->number = number;
  self->spout = (Spout) SPOUT_INIT (OPERATIONS_TRANSFER_MAX);
  g_mutex_init (&self->lock);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->link = link_new (self, self->epoll_fd, &link_ops);
  self->room = rooms_take (volume->rooms);
  if (self->epoll_fd >= 0 && self->wake_fd >= 0 && self->room != NULL
      && watch (self, self->wake_fd, EPOLLIN, WATCH_WAKE) && (number > 0 || take_requests (self)))
    return self;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot wait for requests: %s",
               g_strerror (errno));
  loop_free (self);
  return NULL;
}

/* What loop_post() takes. */
static void
clear_inbox (gpointer data)
{
  Loop *self = data;

  if (self->wake_fd >= 0)
    close (self->wake_fd);
  g_queue_clear_full (&self->inbox, g_free);
  g_mutex_clear (&self->lock);
}

void
loop_free (Loop *self)
{
  link_free (self->link);
  while (self->calls.head != NULL)
    call_free (self->calls.head->data);
  identity_forget (&self->identities);
  g_clear_pointer (&self->room, room_unref);
  spout_clear (&self->spout);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  loop_unref (self);
}

Loop *
loop_ref (Loop *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
loop_unref (Loop *self)
{
  g_atomic_rc_box_release_full (self, clear_inbox);
}

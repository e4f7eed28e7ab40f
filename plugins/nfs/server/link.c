/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

#include "endpoint.h"
#include "loop.h"

#define BACKOFF_FIRST (100 * G_TIME_SPAN_MILLISECOND)
#define BACKOFF_LAST (1 * G_TIME_SPAN_SECOND)
/* The name is asked for and the server called: it has so long. A server that was down may lose the first SYN, which is
 * sent again after a second. */
#define ATTEMPT_USEC (3 * G_TIME_SPAN_SECOND)

typedef enum
{
  LINK_DOWN,
  LINK_RESOLVING,
  LINK_CONNECTING,
  LINK_READY,
} LinkState;

struct _Link
{
  Loop *loop;
  const LinkOps *ops;
  int epoll_fd;
  LinkState state;
  int fd;     /* -1: none */
  Wire *wire; /* READY: has it */
  guint32 watched;
  gint64 next; /* DOWN: the next attempt; else the end of this one */
  gint64 backoff;
  guint attempts;
  guint was_ready;
};

/* ---- names ---- */

typedef struct
{
  Loop *loop;
  Link *link;
  guint attempt;
  char *server;
  int family;
  NfsEndpoint endpoint; /* no length: it was not found */
} Question;

static gboolean
look_up (Question *self, int flags)
{
  struct addrinfo hints = { .ai_family = self->family, .ai_socktype = SOCK_STREAM, .ai_flags = flags };
  struct addrinfo *found = NULL;
  struct addrinfo *entry;
  guint n = 0;

  if (getaddrinfo (self->server, NULL, &hints, &found) != 0)
    return FALSE;
  for (entry = found; entry != NULL; entry = entry->ai_next)
    n++;
  entry = found;
  /* Each attempt takes the next one. */
  for (guint i = 0; i < self->attempt % n; i++)
    entry = entry->ai_next;
  self->endpoint.length = entry->ai_addrlen;
  memcpy (&self->endpoint.address, entry->ai_addr, entry->ai_addrlen);
  freeaddrinfo (found);
  return TRUE;
}

static void
question_free (Question *self)
{
  g_free (self->server);
  g_free (self);
}

static void connect_to (Link *self, const NfsEndpoint *endpoint);

static void
take_answer (Loop *loop, gpointer data)
{
  Question *question = data;
  Link *self = question->link;

  /* It may have come too late. */
  if (self->state == LINK_RESOLVING && question->attempt == self->attempts)
    connect_to (self, &question->endpoint);
  question_free (question);
}

/* The resolver may take its time, which is not the thread's that serves the kernel: nor does its end wait for this one.
 * Once it is posted, the question is the loop's. */
static gpointer
look_up_apart (gpointer data)
{
  Question *self = data;
  Loop *loop = self->loop;

  look_up (self, 0);
  loop_post (loop, take_answer, self);
  loop_unref (loop);
  return NULL;
}

static void
resolve (Link *self)
{
  const Settings *settings = loop_get_volume (self->loop)->settings;
  Question *question = g_new0 (Question, 1);
  GThread *thread;

  question->loop = self->loop;
  question->link = self;
  question->attempt = ++self->attempts;
  question->server = g_strdup (settings->server);
  question->family = settings->family;
  self->state = LINK_RESOLVING;
  if (look_up (question, AI_NUMERICHOST))
    {
      take_answer (self->loop, question);
      return;
    }
  loop_ref (self->loop);
  thread = g_thread_try_new ("resolve", look_up_apart, question, NULL);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }
  loop_unref (self->loop);
  question_free (question);
}

/* ---- the connection ---- */

static void
watch (Link *self)
{
  struct epoll_event event = { .events = EPOLLIN, .data.u32 = 1 };

  if (self->fd < 0)
    return;
  if (self->state != LINK_READY || wire_is_full (self->wire))
    event.events |= EPOLLOUT;
  if (event.events == self->watched)
    return;
  if (epoll_ctl (self->epoll_fd, self->watched != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, self->fd, &event) == 0)
    self->watched = event.events;
}

/* Closing the socket takes it out of epoll. */
static void
hang_up (Link *self)
{
  if (self->wire != NULL)
    wire_free (g_steal_pointer (&self->wire));
  else if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  self->watched = 0;
}

static void
drop (Link *self)
{
  gboolean was_ready = self->state == LINK_READY;

  self->state = LINK_DOWN;
  /* Who lets everybody in and serves nobody is not called on more often than who lets nobody in. */
  if (was_ready && wire_has_served (self->wire))
    self->backoff = BACKOFF_FIRST;
  self->next = g_get_monotonic_time () + self->backoff;
  self->backoff = MIN (2 * self->backoff, BACKOFF_LAST);
  hang_up (self);
  if (!was_ready)
    return;
  syslog (LOG_WARNING, "the connection to %s is lost", loop_get_volume (self->loop)->settings->server);
  self->ops->lost (self->loop);
}

/* A server that restarts resets what it no longer knows; one that is gone for good is asked now and then. */
static void
set_socket (int fd)
{
  const int on = 1;
  const int idle = 2;
  const int interval = 1;
  const int count = 60;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static void
connect_to (Link *self, const NfsEndpoint *endpoint)
{
  const Settings *settings = loop_get_volume (self->loop)->settings;

  self->state = LINK_CONNECTING;
  if (endpoint->length > 0)
    self->fd = nfs_endpoint_begin (endpoint, settings->port, !settings->any_port);
  if (self->fd < 0)
    drop (self);
  else
    watch (self);
}

static void
become_ready (Link *self)
{
  Volume *volume = loop_get_volume (self->loop);

  self->state = LINK_READY;
  self->next = G_MAXINT64;
  set_socket (self->fd);
  self->wire = wire_new (self->fd, loop_get_spout (self->loop), loop_answered);
  if (self->was_ready++ > 0)
    syslog (LOG_NOTICE, "%s answers again", volume->settings->server);
  self->ops->ready (self->loop, g_atomic_int_add (&volume->connections, 1) > 0);
}

void
link_service (Link *self, guint32 events)
{
  if (self->state == LINK_CONNECTING && nfs_endpoint_get_outcome (self->fd) != 0)
    drop (self);
  else if (self->state == LINK_CONNECTING && (events & EPOLLOUT))
    become_ready (self);
  else if (self->state == LINK_READY && (events & ~(guint32) EPOLLOUT))
    wire_receive (self->wire);
  link_settle (self);
}

void
link_flush (Link *self)
{
  if (self->state == LINK_READY)
    wire_flush (self->wire);
  watch (self);
}

void
link_settle (Link *self)
{
  link_flush (self);
  if (self->state == LINK_READY && wire_is_over (self->wire))
    drop (self);
}

void
link_give_up (Link *self)
{
  if (self->state != LINK_READY)
    return;
  syslog (LOG_WARNING, "%s does not answer", loop_get_volume (self->loop)->settings->server);
  drop (self);
}

void
link_want (Link *self, gint64 now)
{
  if (self->state == LINK_READY || now < self->next)
    return;
  if (self->state != LINK_DOWN)
    {
      drop (self);
      return;
    }
  self->next = now + ATTEMPT_USEC;
  resolve (self);
}

gint64
link_get_next (const Link *self)
{
  return self->next;
}

Wire *
link_get_wire (Link *self)
{
  return self->wire;
}

Link *
link_new (Loop *loop, int epoll_fd, const LinkOps *ops)
{
  Link *self = g_new0 (Link, 1);

  self->loop = loop;
  self->ops = ops;
  self->epoll_fd = epoll_fd;
  self->fd = -1;
  self->backoff = BACKOFF_FIRST;
  return self;
}

void
link_free (Link *self)
{
  hang_up (self);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

#include "loop.h"
#include "resolver.h"

#define BACKOFF_FIRST (100 * G_TIME_SPAN_MILLISECOND)
#define BACKOFF_LAST (1 * G_TIME_SPAN_SECOND)
/* So long an address is waited for when there is another one to try. */
#define NAME_USEC (500 * G_TIME_SPAN_MILLISECOND)

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
  Resolver *resolver;
  NfsEndpoint endpoint; /* CONNECTING, READY */
  gboolean told;        /* that it cannot be reached */
  int fd;               /* -1: none */
  Wire *wire;           /* READY: has it */
  guint32 watched;
  gint64 next;  /* DOWN: the next attempt; else the end of this one */
  gint64 began; /* a round of them */
  gint64 backoff;
  guint was_ready;
};

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

/* An attempt takes its time, which is a part of the pause: one who is called in vain is not called later for it. */
static void
plan_next (Link *self)
{
  const gint64 now = g_get_monotonic_time ();

  self->next = now;
  if (resolver_has_more (self->resolver))
    return;
  self->next = MAX (now, self->began + self->backoff);
  self->backoff = MIN (2 * self->backoff, BACKOFF_LAST);
  self->began = 0;
}

/* @hung_up: by the server. */
static void
drop (Link *self, gboolean hung_up)
{
  const gboolean was_ready = self->state == LINK_READY;

  self->state = LINK_DOWN;
  /* Who lets everybody in and serves nobody is not called on more often than who lets nobody in. */
  if (was_ready && wire_has_served (self->wire))
    {
      self->backoff = BACKOFF_FIRST;
      self->began = g_get_monotonic_time ();
      resolver_start_over (self->resolver);
    }
  plan_next (self);
  hang_up (self);
  if (!was_ready)
    return;
  syslog (LOG_WARNING, "the connection to %s is lost", loop_get_volume (self->loop)->settings->server);
  self->ops->lost (self->loop, hung_up);
}

/* Once, until it answers: the log is for what is wrong, not for how long. */
static void
tell (Link *self, const char *format, ...)
{
  va_list list;

  va_start (list, format);
  if (!self->told)
    vsyslog (LOG_WARNING, format, list);
  va_end (list);
  self->told = TRUE;
}

static void
fail_to_connect (Link *self, int number)
{
  const Settings *settings = loop_get_volume (self->loop)->settings;
  g_autofree char *where = nfs_endpoint_to_string (&self->endpoint, settings->port);

  tell (self, "%s cannot be reached at %s: %s", settings->server, where, g_strerror (number));
  drop (self, FALSE);
}

static void
connect_to (Link *self, const NfsEndpoint *endpoint)
{
  const Settings *settings = loop_get_volume (self->loop)->settings;

  self->state = LINK_CONNECTING;
  self->next = g_get_monotonic_time () + NFS_ENDPOINT_CONNECT_USEC;
  self->endpoint = *endpoint;
  self->fd = nfs_endpoint_begin (endpoint, settings->port, !settings->any_port);
  if (self->fd < 0)
    fail_to_connect (self, errno);
  else
    watch (self);
}

static void
take_address (gpointer data, const NfsEndpoint *endpoint, const char *reason)
{
  Link *self = data;
  Volume *volume = loop_get_volume (self->loop);
  NfsEndpoint known;

  if (endpoint != NULL)
    connect_to (self, endpoint);
  else if (nfs_known_address_get (&volume->known_address, &known))
    connect_to (self, &known);
  else
    {
      tell (self, "the name \"%s\" does not lead to an address: %s", volume->settings->server, reason);
      drop (self, FALSE);
    }
}

/* With nothing else to try, name servers have all the time that they take. */
static void
go_without_name (Link *self)
{
  NfsEndpoint known;

  if (!nfs_known_address_get (&loop_get_volume (self->loop)->known_address, &known))
    {
      self->next = G_MAXINT64;
      return;
    }
  resolver_give_up (self->resolver);
  connect_to (self, &known);
}

static void
become_ready (Link *self)
{
  Volume *volume = loop_get_volume (self->loop);
  const int on = 1;

  self->state = LINK_READY;
  self->next = G_MAXINT64;
  self->told = FALSE;
  nfs_known_address_set (&volume->known_address, &self->endpoint);
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  nfs_endpoint_keep_alive (self->fd);
  self->wire = wire_new (self->fd, loop_get_spout (self->loop), loop_answered);
  if (self->was_ready++ > 0)
    syslog (LOG_NOTICE, "%s answers again", volume->settings->server);
  self->ops->ready (self->loop, g_atomic_int_add (&volume->connections, 1) > 0);
}

static void
service_new (Link *self, guint32 events)
{
  int number = nfs_endpoint_get_outcome (self->fd);

  if (number != 0)
    fail_to_connect (self, number);
  else if (events & EPOLLOUT)
    become_ready (self);
}

void
link_service (Link *self, guint32 events)
{
  if (self->state == LINK_CONNECTING)
    service_new (self, events);
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
    drop (self, TRUE);
}

gboolean
link_is_silent (const Link *self)
{
  return self->state == LINK_READY && nfs_endpoint_is_silent (self->fd);
}

void
link_give_up (Link *self)
{
  if (self->state != LINK_READY)
    return;
  syslog (LOG_WARNING, "%s does not answer", loop_get_volume (self->loop)->settings->server);
  drop (self, FALSE);
}

void
link_want (Link *self, gint64 now)
{
  if (self->state == LINK_READY || now < self->next)
    return;
  if (self->state == LINK_RESOLVING)
    go_without_name (self);
  else if (self->state == LINK_CONNECTING)
    fail_to_connect (self, ETIMEDOUT);
  else
    {
      self->state = LINK_RESOLVING;
      self->next = now + NAME_USEC;
      self->began = self->began != 0 ? self->began : now;
      resolver_ask (self->resolver);
    }
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
  self->resolver = resolver_new (loop, take_address, self);
  self->fd = -1;
  self->backoff = BACKOFF_FIRST;
  return self;
}

void
link_free (Link *self)
{
  hang_up (self);
  resolver_free (self->resolver);
  g_free (self);
}

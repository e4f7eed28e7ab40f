/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-nfs.h>

#include "loop.h"

#define BACKOFF_FIRST (100 * G_TIME_SPAN_MILLISECOND)
#define BACKOFF_LAST (1 * G_TIME_SPAN_SECOND)
/* The name is asked for and the server called: it has so long. A server that was down may lose the first SYN, which is
 * sent again after a second. */
#define ATTEMPT_USEC (3 * G_TIME_SPAN_SECOND)

/* libnfs 4 exports it without declaring it. */
extern void rpc_set_tcp_syncnt (struct rpc_context *rpc, int count);

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
  struct rpc_context *rpc;
  int watched_fd;
  guint32 watched;
  gint64 next; /* DOWN: the next attempt; else the end of this one */
  gint64 backoff;
  guint attempts;
  guint was_ready;
  gboolean connected; /* libnfs says so, in the midst of its work */
  gboolean refused;
};

/* ---- names ---- */

typedef struct
{
  Loop *loop;
  Link *link;
  guint attempt;
  char *server;
  int family;
  char address[NI_MAXHOST];
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
  if (getnameinfo (entry->ai_addr, entry->ai_addrlen, self->address, sizeof self->address, NULL, 0, NI_NUMERICHOST))
    self->address[0] = '\0';
  freeaddrinfo (found);
  return self->address[0] != '\0';
}

static void
question_free (Question *self)
{
  g_free (self->server);
  g_free (self);
}

static void connect_to (Link *self, const char *address);

static void
take_answer (Loop *loop, gpointer data)
{
  Question *question = data;
  Link *self = question->link;

  /* It may have come too late. */
  if (self->state == LINK_RESOLVING && question->attempt == self->attempts)
    connect_to (self, question->address);
  question_free (question);
}

/* The resolver may take its time, which is not the thread's that serves the kernel. */
static gpointer
look_up_apart (gpointer data)
{
  Question *self = data;

  look_up (self, 0);
  loop_post (self->loop, take_answer, self);
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
  thread = g_thread_try_new ("resolve", look_up_apart, question, NULL);
  if (thread != NULL)
    g_thread_unref (thread);
  else
    question_free (question);
}

/* ---- the connection ---- */

static void
watch (Link *self)
{
  int fd = self->rpc != NULL ? rpc_get_fd (self->rpc) : -1;
  struct epoll_event event = { .data.u32 = 1 };
  int wanted;

  if (fd < 0)
    return;
  wanted = rpc_which_events (self->rpc);
  event.events = (wanted & POLLIN ? EPOLLIN : 0) | (wanted & POLLOUT ? EPOLLOUT : 0);
  if (fd == self->watched_fd && event.events == self->watched)
    return;
  if (epoll_ctl (self->epoll_fd, fd == self->watched_fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0)
    {
      self->watched_fd = fd;
      self->watched = event.events;
    }
}

static void
drop (Link *self)
{
  struct rpc_context *rpc = g_steal_pointer (&self->rpc);
  gboolean was_ready = self->state == LINK_READY;

  self->state = LINK_DOWN;
  self->watched_fd = -1;
  self->watched = 0;
  self->next = g_get_monotonic_time () + self->backoff;
  self->backoff = MIN (2 * self->backoff, BACKOFF_LAST);
  /* Its calls are handed back here; closing the socket takes it out of epoll. */
  if (rpc != NULL)
    rpc_destroy_context (rpc);
  /* That said so of the attempt which ends here, and of no later one. */
  self->connected = FALSE;
  self->refused = FALSE;
  if (was_ready)
    {
      /* An answer without an end may have grown to all there is. */
      malloc_trim (0);
      syslog (LOG_WARNING, "the connection to %s is lost", loop_get_volume (self->loop)->settings->server);
      self->ops->lost (self->loop);
    }
}

static void
on_connected (struct rpc_context *rpc, int status, void *data, void *private_data)
{
  Link *self = private_data;

  if (status == RPC_STATUS_SUCCESS)
    self->connected = TRUE;
  else
    self->refused = TRUE;
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
connect_to (Link *self, const char *address)
{
  Volume *volume = loop_get_volume (self->loop);
  int failure;

  self->state = LINK_CONNECTING;
  self->rpc = *address != '\0' ? rpc_init_context () : NULL;
  if (self->rpc == NULL)
    {
      drop (self);
      return;
    }
  g_mutex_lock (&volume->port_lock);
  failure =
      rpc_connect_port_async (self->rpc, address, volume->settings->port, NFS_PROGRAM, NFS_V3, on_connected, self);
  g_mutex_unlock (&volume->port_lock);
  if (failure != 0)
    drop (self);
  else
    watch (self);
}

static void
become_ready (Link *self)
{
  Volume *volume = loop_get_volume (self->loop);

  self->state = LINK_READY;
  self->backoff = BACKOFF_FIRST;
  self->next = G_MAXINT64;
  set_socket (rpc_get_fd (self->rpc));
  if (self->was_ready++ > 0)
    syslog (LOG_NOTICE, "%s answers again", volume->settings->server);
  self->ops->ready (self->loop, self->was_ready > 1);
}

void
link_service (Link *self, guint32 events)
{
  int revents = (events & EPOLLIN ? POLLIN : 0) | (events & EPOLLOUT ? POLLOUT : 0) | (events & EPOLLHUP ? POLLHUP : 0)
                | (events & EPOLLERR ? POLLERR : 0);

  if (self->rpc == NULL)
    return;
  if (rpc_service (self->rpc, revents) < 0 || self->refused)
    drop (self);
  else if (self->connected && self->state == LINK_CONNECTING)
    become_ready (self);
  watch (self);
}

void
link_flush (Link *self)
{
  if (self->state == LINK_READY && (rpc_which_events (self->rpc) & POLLOUT))
    link_service (self, EPOLLOUT);
  else
    watch (self);
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

struct rpc_context *
link_get_rpc (Link *self)
{
  return self->state == LINK_READY ? self->rpc : NULL;
}

Link *
link_new (Loop *loop, int epoll_fd, const LinkOps *ops)
{
  Link *self = g_new0 (Link, 1);

  self->loop = loop;
  self->ops = ops;
  self->epoll_fd = epoll_fd;
  self->watched_fd = -1;
  self->backoff = BACKOFF_FIRST;
  return self;
}

void
link_free (Link *self)
{
  if (self->rpc != NULL)
    rpc_destroy_context (self->rpc);
  g_free (self);
}

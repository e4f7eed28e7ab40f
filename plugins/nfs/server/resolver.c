/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "loop.h"

/* The addresses that are called one after the other before there is a pause. */
#define ROUND_MOST 2

typedef struct
{
  NfsEndpoint endpoints[ROUND_MOST];
  guint n;
} Round;

struct _Resolver
{
  Loop *loop;
  ResolverAnswer answer;
  gpointer data;
  guint asked;       /* how often since an address was right, */
  NfsEndpoint known; /* which is this one; no length: none was */
  gboolean asking;   /* a thread is at it */
  gboolean outdated; /* it is not for later what it finds */
  gboolean waiting;  /* somebody is */
  Round round;       /* what is left of it, or came too late */
};

/* A thread's own, then the loop's. */
typedef struct
{
  Loop *loop;
  Resolver *resolver;
  char *server;
  int family;
  guint turn;
  NfsEndpoint known; /* where the server was; no length: nowhere */
  Round round;
  int failure; /* of getaddrinfo(3) */
} Lookup;

static void
lookup_free (Lookup *self)
{
  g_free (self->server);
  g_free (self);
}

static NfsEndpoint
endpoint_of (const struct addrinfo *entry)
{
  NfsEndpoint endpoint = { .length = entry->ai_addrlen };

  memcpy (&endpoint.address, entry->ai_addr, entry->ai_addrlen);
  return endpoint;
}

static void
add (Round *round, const struct addrinfo *entry, guint number)
{
  while (number-- > 0)
    entry = entry->ai_next;
  round->endpoints[round->n++] = endpoint_of (entry);
}

/* The one where the server was is called in each round, and the others by turns: they may be there for nothing, and
 * are waited for. When it was at none of them each one begins a round. */
static void
plan (Round *round, const struct addrinfo *found, const NfsEndpoint *known, guint turn)
{
  guint n = 0;
  guint at = G_MAXUINT;

  for (const struct addrinfo *entry = found; entry != NULL; entry = entry->ai_next, n++)
    {
      const NfsEndpoint endpoint = endpoint_of (entry);

      if (nfs_endpoint_is_same (&endpoint, known))
        at = n;
    }
  add (round, found, at < n ? at : turn % n);
  if (n > 1)
    add (round, found, at < n ? (at + 1 + turn % (n - 1)) % n : (turn + 1) % n);
}

static void
look_up (Lookup *self)
{
  const struct addrinfo hints = { .ai_family = self->family, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;

  self->failure = getaddrinfo (self->server, NULL, &hints, &found);
  if (self->failure != 0)
    return;
  plan (&self->round, found, &self->known, self->turn);
  freeaddrinfo (found);
}

static void start (Resolver *self);

static void
tell_next (Resolver *self)
{
  const NfsEndpoint endpoint = self->round.endpoints[0];

  self->round.n--;
  memmove (self->round.endpoints, self->round.endpoints + 1, self->round.n * sizeof endpoint);
  self->waiting = FALSE;
  self->answer (self->data, &endpoint, NULL);
}

static void
tell_failure (Resolver *self, const char *reason)
{
  self->waiting = FALSE;
  self->answer (self->data, NULL, reason);
}

static void
take_answer (Loop *loop, gpointer data)
{
  Lookup *lookup = data;
  Resolver *self = lookup->resolver;
  const gboolean outdated = self->outdated;

  self->asking = self->outdated = FALSE;
  if (!outdated)
    self->round = lookup->round;
  if (self->waiting && outdated)
    start (self);
  else if (self->waiting && lookup->failure != 0)
    tell_failure (self, gai_strerror (lookup->failure));
  else if (self->waiting)
    tell_next (self);
  lookup_free (lookup);
}

/* It cannot be interrupted, and neither the thread that serves the kernel waits for it, nor that one's end. */
static gpointer
look_up_apart (gpointer data)
{
  Lookup *self = data;
  Loop *loop = self->loop;

  look_up (self);
  loop_post (loop, take_answer, self);
  loop_unref (loop);
  return NULL;
}

static void
start (Resolver *self)
{
  Volume *volume = loop_get_volume (self->loop);
  Lookup *lookup = g_new0 (Lookup, 1);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  lookup->loop = loop_ref (self->loop);
  lookup->resolver = self;
  lookup->server = g_strdup (volume->settings->server);
  lookup->family = volume->settings->family;
  if (self->asked == 0)
    nfs_known_address_get (&volume->known_address, &self->known);
  lookup->known = self->known;
  lookup->turn = self->asked++;
  thread = g_thread_try_new ("resolve", look_up_apart, lookup, &error);
  self->asking = thread != NULL;
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }
  loop_unref (self->loop);
  lookup_free (lookup);
  tell_failure (self, error->message);
}

void
resolver_ask (Resolver *self)
{
  const char *server = loop_get_volume (self->loop)->settings->server;

  if (self->round.n == 0 && nfs_endpoint_read (&self->round.endpoints[0], server))
    self->round.n = 1;
  self->waiting = TRUE;
  if (self->round.n > 0)
    tell_next (self);
  else if (!self->asking)
    start (self);
}

void
resolver_give_up (Resolver *self)
{
  self->waiting = FALSE;
}

gboolean
resolver_has_more (const Resolver *self)
{
  return self->round.n > 0;
}

void
resolver_start_over (Resolver *self)
{
  self->asked = 0;
  self->round.n = 0;
  self->outdated = self->asking;
}

Resolver *
resolver_new (Loop *loop, ResolverAnswer answer, gpointer data)
{
  Resolver *self = g_new0 (Resolver, 1);

  self->loop = loop;
  self->answer = answer;
  self->data = data;
  return self;
}

void
resolver_free (Resolver *self)
{
  g_free (self);
}

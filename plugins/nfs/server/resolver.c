/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "loop.h"

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
  NfsEndpoint kept;  /* what came too late; no length: nothing */
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
  NfsEndpoint endpoint;
  int failure; /* of getaddrinfo(3) */
} Lookup;

static void
lookup_free (Lookup *self)
{
  g_free (self->server);
  g_free (self);
}

static gboolean
is_at (const struct addrinfo *entry, const NfsEndpoint *endpoint)
{
  return entry->ai_addrlen == endpoint->length && memcmp (entry->ai_addr, &endpoint->address, endpoint->length) == 0;
}

/* The one where the server was comes first, then those behind it: others may be there for nothing, and would be waited
 * for each time that a connection breaks. */
static void
look_up (Lookup *self)
{
  const struct addrinfo hints = { .ai_family = self->family, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  struct addrinfo *entry;
  guint first = 0;
  guint n = 0;

  self->failure = getaddrinfo (self->server, NULL, &hints, &found);
  if (self->failure != 0)
    return;
  for (entry = found; entry != NULL; entry = entry->ai_next, n++)
    if (is_at (entry, &self->known))
      first = n;
  entry = found;
  for (guint i = 0; i < (first + self->turn) % n; i++)
    entry = entry->ai_next;
  self->endpoint.length = entry->ai_addrlen;
  memcpy (&self->endpoint.address, entry->ai_addr, entry->ai_addrlen);
  freeaddrinfo (found);
}

static void
take_answer (Loop *loop, gpointer data)
{
  Lookup *lookup = data;
  Resolver *self = lookup->resolver;
  const gboolean waiting = self->waiting;

  if (!waiting && !self->outdated)
    self->kept = lookup->endpoint;
  self->asking = self->outdated = self->waiting = FALSE;
  if (waiting && lookup->failure == 0)
    self->answer (self->data, &lookup->endpoint, NULL);
  else if (waiting)
    self->answer (self->data, NULL, gai_strerror (lookup->failure));
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
  self->waiting = FALSE;
  self->answer (self->data, NULL, error->message);
}

void
resolver_ask (Resolver *self)
{
  const char *server = loop_get_volume (self->loop)->settings->server;
  NfsEndpoint endpoint = self->kept;

  self->kept = (NfsEndpoint){ 0 };
  self->waiting = endpoint.length == 0 && !nfs_endpoint_read (&endpoint, server);
  if (!self->waiting)
    self->answer (self->data, &endpoint, NULL);
  else if (!self->asking)
    start (self);
}

void
resolver_give_up (Resolver *self)
{
  self->waiting = FALSE;
}

void
resolver_forget (Resolver *self)
{
  self->kept = (NfsEndpoint){ 0 };
  self->outdated = self->asking;
}

void
resolver_start_over (Resolver *self)
{
  self->asked = 0;
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

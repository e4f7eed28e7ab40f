/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getaddrinfo() cannot be interrupted and may wait for name servers far longer than a probe may take. GLib's resolver
 * runs it in a thread of its own, so a lookup that is late is left behind: the thread ends when the name servers have
 * been given up, and whatever it found is dropped there. */
#include "resolve.h"

#include <sys/socket.h>

#include "cause.h"

/* The family is chosen here, not by the resolver: asked for one alone, it leaves out all addresses when this node has
 * none of that family but the loopback's. */
static void
add_address (GArray *found, GInetAddress *address, int family)
{
  g_autoptr (GSocketAddress) full = g_inet_socket_address_new (address, 0);
  NfsEndpoint endpoint = { .length = (socklen_t) g_socket_address_get_native_size (full) };

  if (g_socket_address_to_native (full, &endpoint.address, sizeof endpoint.address, NULL)
      && (family == AF_UNSPEC || endpoint.address.ss_family == family))
    g_array_append_val (found, endpoint);
}

/* One lookup, and what may end it before its answer. */
typedef struct
{
  GAsyncResult *result;
  GCancellable *end;
  gboolean late;
} Lookup;

static void
on_answer (GObject *resolver, GAsyncResult *result, gpointer data)
{
  ((Lookup *) data)->result = g_object_ref (result);
}

static gboolean
on_late (gpointer data)
{
  Lookup *lookup = data;

  lookup->late = TRUE;
  g_cancellable_cancel (lookup->end);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (((Lookup *) data)->end);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GSource *source, GSourceFunc function, Lookup *lookup, GMainContext *context)
{
  g_source_set_callback (source, function, lookup, NULL);
  g_source_attach (source, context);
  return source;
}

/* Answers when the resolver has, or when the deadline or the caller has ended the lookup. */
static GList *
look_up (Lookup *lookup, const char *server, const NfsDeadline *deadline, GError **error)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  GSource *timer =
      attach (g_timeout_source_new (nfs_deadline_get_left (deadline, deadline->end)), on_late, lookup, context);
  GSource *watch = deadline->cancellable != NULL ? attach (g_cancellable_source_new (deadline->cancellable),
                                                           G_SOURCE_FUNC (on_cancelled), lookup, context)
                                                 : NULL;

  g_main_context_push_thread_default (context);
  g_resolver_lookup_by_name_async (resolver, server, lookup->end, on_answer, lookup);
  while (lookup->result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  g_source_destroy (timer);
  g_source_unref (timer);
  if (watch != NULL)
    {
      g_source_destroy (watch);
      g_source_unref (watch);
    }
  return g_resolver_lookup_by_name_finish (resolver, lookup->result, error);
}

static gboolean
throw_unresolved (GError **error, const char *server, int family, const Lookup *lookup, const GError *failure)
{
  const char *what = "it is not known";

  if (lookup->late)
    what = "there was no answer in time";
  else if (g_error_matches (failure, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE))
    what = "no name server gave an answer";
  else if (failure == NULL)
    what = family == AF_INET6 ? "it has no IPv6 address (proto=tcp6)" : "it has no IPv4 address (proto=tcp)";
  return nfs_cause_throw (error, NFS_NAME_NOT_RESOLVED, "the name \"%s\" does not lead to an address: %s", server,
                          what);
}

GArray *
nfs_resolve (const char *server, int family, const NfsDeadline *deadline, GError **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (NfsEndpoint));
  g_autoptr (GCancellable) end = g_cancellable_new ();
  g_autoptr (GError) failure = NULL;
  Lookup lookup = { .end = end };
  GList *addresses = NULL;
  NfsEndpoint literal;

  if (nfs_endpoint_read (&literal, server))
    {
      g_array_append_val (found, literal);
      return g_steal_pointer (&found);
    }
  addresses = look_up (&lookup, server, deadline, &failure);
  g_object_unref (lookup.result);
  for (const GList *at = addresses; at != NULL; at = at->next)
    add_address (found, at->data, family);
  g_resolver_free_addresses (addresses);

  if (found->len > 0)
    return g_steal_pointer (&found);
  if (!g_cancellable_set_error_if_cancelled (deadline->cancellable, error))
    throw_unresolved (error, server, family, &lookup, failure);
  return NULL;
}

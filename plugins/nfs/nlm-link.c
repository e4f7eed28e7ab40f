/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lock manager gives no locks while nobody beside it watches over its clients (NSM, rpc.statd): it could not know
 * when one of them has died. It says so when the first lock is asked for, of a file; so that a volume's author hears of
 * it before his database does, the portmapper is asked for the monitor as well. */
#include "nlm-link.h"

#include <string.h>

#include <kvol/kvol-abi.h>

#include "nlm-call.h"
#include "portmapper.h"
#include "resolve.h"

/* Where a server's services are; 0: it has none. */
typedef struct
{
  int locks;
  int monitor;
} Ports;

/* A server's addresses, and how long each is waited for. */
typedef struct
{
  GArray *endpoints;
  gint64 patience; /* 0: as long as there is time */
} Way;

static int
call (const Way *way, int port, gboolean reserved, const NfsDeadline *deadline, GError **error)
{
  NfsDeadline part = *deadline;

  if (way->patience > 0)
    part.end = MIN (part.end, g_get_monotonic_time () + way->patience * way->endpoints->len);
  return nfs_endpoint_connect (way->endpoints, port, reserved, &part, error);
}

static gboolean
ask_portmapper (const Way *way, gboolean wants_monitor, const NfsDeadline *deadline, Ports *ret_ports, GError **error)
{
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  /* The portmapper does not mind, and reserved ports are few. */
  int fd = call (way, NFS_PORTMAPPER_PORT, FALSE, deadline, error);
  const NfsEndpoint *endpoint;
  gboolean ipv6;

  if (fd < 0)
    return FALSE;
  endpoint = &g_array_index (way->endpoints, NfsEndpoint, 0);
  ipv6 = endpoint->address.ss_family == AF_INET6;
  nfs_rpc_start (&rpc, fd, endpoint, NFS_PORTMAPPER_PORT, deadline);
  return nfs_portmapper_ask (&rpc, ipv6, nlm_call_get_procedure (NLM_NULL), &ret_ports->locks, error)
         && (!wants_monitor || nfs_portmapper_ask (&rpc, ipv6, &nfs_portmapper_monitor, &ret_ports->monitor, error));
}

/* The one where the server was comes first, and one of the others behind it: they may be waited for in vain. */
static void
choose (GArray *endpoints, const NfsEndpoint *known)
{
  guint at = 0;

  while (at < endpoints->len && !nfs_endpoint_is_same (&g_array_index (endpoints, NfsEndpoint, at), known))
    at++;
  if (at == endpoints->len)
    return;
  g_array_remove_index (endpoints, at);
  while (endpoints->len > 1)
    g_array_remove_index (endpoints, (guint) g_random_int_range (0, (gint32) endpoints->len));
  g_array_prepend_val (endpoints, *known);
}

/* Name servers that are silent get a part of the time only when there is something else to try. */
static GArray *
find (const NlmPlace *place, const NfsDeadline *deadline, GError **error)
{
  const gint64 now = g_get_monotonic_time ();
  NfsDeadline part = *deadline;
  GError *failure = NULL;
  NfsEndpoint known;
  GArray *found;

  if (place->known == NULL || !nfs_known_address_get (place->known, &known))
    return nfs_resolve (place->server, place->family, deadline, error);
  part.end = now + (deadline->end - now) / 4;
  found = nfs_resolve (place->server, place->family, &part, &failure);
  if (found == NULL && failure->domain != NFS_CAUSE)
    {
      g_propagate_error (error, failure);
      return NULL;
    }
  g_clear_error (&failure);
  if (found == NULL)
    found = g_array_append_val (g_array_new (FALSE, FALSE, sizeof known), known);
  choose (found, &known);
  return found;
}

static gboolean
connect_to (NfsRpc *rpc, const NlmPlace *place, gint64 patience, const NfsDeadline *deadline, Ports *ret_ports,
            GError **error)
{
  g_autoptr (GArray) endpoints = find (place, deadline, error);
  const Way way = { endpoints, patience };
  NfsXdr results;
  int fd;

  if (endpoints == NULL || !ask_portmapper (&way, ret_ports->monitor == 0, deadline, ret_ports, error))
    return FALSE;
  if (ret_ports->locks == 0)
    return nfs_cause_throw (error, NFS_VERSION_MISMATCH, "%s has no lock manager (NLM version 4)", place->server);
  fd = call (&way, ret_ports->locks, !place->any_port, deadline, error);
  if (fd < 0)
    return FALSE;
  nfs_rpc_start (rpc, fd, &g_array_index (endpoints, NfsEndpoint, 0), ret_ports->locks, deadline);
  if (nfs_rpc_call (rpc, nlm_call_get_procedure (NLM_NULL), NULL, &results, error))
    return TRUE;
  nfs_rpc_clear (rpc);
  return FALSE;
}

gboolean
nlm_link_open (NfsRpc *rpc, const NlmPlace *place, const NfsDeadline *deadline, GError **error)
{
  Ports ports = { .monitor = -1 };

  return connect_to (rpc, place, NFS_ENDPOINT_CONNECT_USEC, deadline, &ports, error);
}

/* A server that cannot be asked for its lock manager is as good as one without: clients that lock would wait for it
 * for ever. A name that is not known, or an answer that does not come, may be another one soon. */
static gboolean
is_lasting (const GError *failure)
{
  return g_error_matches (failure, NFS_CAUSE, NFS_VERSION_MISMATCH)
         || g_error_matches (failure, NFS_CAUSE, NFS_CONNECTION_REFUSED)
         || g_error_matches (failure, NFS_CAUSE, NFS_NOT_AN_NFS_SERVER);
}

static gboolean
throw_no_locks (GError *failure, GError **error)
{
  g_autoptr (GError) taken = failure;
  g_autofree char *what = NULL;

  if (!is_lasting (taken))
    {
      if (taken->domain == NFS_CAUSE)
        g_prefix_error (&taken, "its lock manager cannot be asked (the mount option local_lock=all does without it): ");
      g_propagate_error (error, g_steal_pointer (&taken));
      return FALSE;
    }
  /* Of a cause, the advice is about a service that this is not. */
  what = g_strndup (taken->message, strcspn (taken->message, ";"));
  g_set_error (
      error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
      "files of this volume cannot be locked: %s; start the server's lock manager (rpcbind and nlockmgr), or, if "
      "no other node has a lock on them, say so with the mount option local_lock=all or nolock",
      what);
  return FALSE;
}

gboolean
nlm_link_check (const NlmPlace *place, const NfsDeadline *deadline, char **ret_warning, GError **error)
{
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  GError *failure = NULL;
  Ports ports = { 0 };

  if (!connect_to (&rpc, place, 0, deadline, &ports, &failure))
    return throw_no_locks (failure, error);
  *ret_warning = NULL;
  if (ports.monitor == 0)
    *ret_warning =
        g_strdup_printf ("locks of this volume's files fail (ENOLCK): the lock manager of %s denies them while "
                         "no monitor of its clients runs there; start rpc.statd there, or, if no other node "
                         "has a lock on them, use the mount option local_lock=all",
                         place->server);
  return TRUE;
}

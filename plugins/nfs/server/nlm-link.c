/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nlm-link.h"

#include <string.h>

#include <kvol/kvol-abi.h>

#include "portmapper.h"
#include "resolve.h"
#include "nlm-call.h"

/* FALSE with an error; a port of 0 is a server that has no lock manager. */
static gboolean
find_port (GArray *endpoints, const NlmPlace *place, const NfsDeadline *deadline, int *ret_port, GError **error)
{
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  const NfsEndpoint *endpoint;
  int fd;

  *ret_port = place->port;
  if (place->port != 0)
    return TRUE;
  /* The portmapper does not mind, and reserved ports are few. */
  fd = nfs_endpoint_connect (endpoints, NFS_PORTMAPPER_PORT, FALSE, deadline, error);
  if (fd < 0)
    return FALSE;
  endpoint = &g_array_index (endpoints, NfsEndpoint, 0);
  nfs_rpc_start (&rpc, fd, endpoint, NFS_PORTMAPPER_PORT, deadline);
  return nfs_portmapper_ask (&rpc, endpoint->address.ss_family == AF_INET6, nlm_call_get_procedure (NLM_NULL), ret_port,
                             error);
}

gboolean
nlm_link_open (NfsRpc *rpc, const NlmPlace *place, const NfsDeadline *deadline, GError **error)
{
  g_autoptr (GArray) endpoints = nfs_resolve (place->server, place->family, deadline, error);
  NfsXdr results;
  int port;
  int fd;

  if (endpoints == NULL || !find_port (endpoints, place, deadline, &port, error))
    return FALSE;
  if (port == 0)
    return nfs_cause_throw (error, NFS_VERSION_MISMATCH, "%s has no lock manager (NLM version 4)", place->server);
  fd = nfs_endpoint_connect (endpoints, port, !place->any_port, deadline, error);
  if (fd < 0)
    return FALSE;
  nfs_rpc_start (rpc, fd, &g_array_index (endpoints, NfsEndpoint, 0), port, deadline);
  if (nfs_rpc_call (rpc, nlm_call_get_procedure (NLM_NULL), NULL, &results, error))
    return TRUE;
  nfs_rpc_clear (rpc);
  return FALSE;
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

gboolean
nlm_link_check (const NlmPlace *place, const NfsDeadline *deadline, GError **error)
{
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  g_autoptr (GError) failure = NULL;
  g_autofree char *what = NULL;

  if (nlm_link_open (&rpc, place, deadline, &failure))
    return TRUE;
  if (!is_lasting (failure))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  /* Of a cause, the advice is about a service that this is not. */
  what = g_strndup (failure->message, strcspn (failure->message, ";"));
  g_set_error (
      error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
      "files of this volume cannot be locked: %s; start the server's lock manager (rpcbind and nlockmgr), or, if "
      "no other node has a lock on them, say so with the mount option local_lock=all or nolock",
      what);
  return FALSE;
}

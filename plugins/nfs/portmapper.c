/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Over IPv4 every portmapper speaks version 2 (RFC 1833, section 3); over IPv6 there is only rpcbind's version 3, which
 * answers an address as text. */
#include "portmapper.h"

#include <netinet/in.h>
#include <nfsc/libnfs-raw-portmap.h>
#include <string.h>

static const NfsProcedure getport = { "PORTMAP", PMAP_PROGRAM, PMAP_V2, PMAP2_GETPORT, "GETPORT" };
static const NfsProcedure getaddr = { "PORTMAP", PMAP_PROGRAM, PMAP_V3, PMAP3_GETADDR, "GETADDR" };

const NfsProcedure nfs_portmapper_monitor = { "NSM", 100024, 1, 0, "NULL" };

/* "::.8.1": the last two numbers are the bytes of the port. */
static int
read_address (const guint8 *data, gsize length)
{
  g_autofree char *text = g_strndup ((const char *) data, length);
  g_auto (GStrv) parts = g_strsplit (text, ".", -1);
  guint n = g_strv_length (parts);
  guint64 high = 0;
  guint64 low = 0;

  if (n < 3 || !g_ascii_string_to_unsigned (parts[n - 2], 10, 0, 255, &high, NULL)
      || !g_ascii_string_to_unsigned (parts[n - 1], 10, 0, 255, &low, NULL))
    return 0;
  return (int) (high << 8 | low);
}

static gboolean
ask (NfsRpc *rpc, gboolean ipv6, const NfsProcedure *about, int *ret_port, GError **error)
{
  const NfsProcedure *procedure = ipv6 ? &getaddr : &getport;
  g_autoptr (GByteArray) args = g_byte_array_new ();
  NfsXdr results;
  gsize length = 0;

  nfs_xdr_put (args, about->program);
  nfs_xdr_put (args, about->version);
  if (ipv6)
    {
      nfs_xdr_put_data (args, "tcp6", strlen ("tcp6"));
      nfs_xdr_put_data (args, "", 0);
      nfs_xdr_put_data (args, "", 0);
    }
  else
    {
      nfs_xdr_put (args, IPPROTO_TCP);
      nfs_xdr_put (args, 0);
    }
  if (!nfs_rpc_call (rpc, procedure, args, &results, error))
    return FALSE;
  if (ipv6)
    {
      const guint8 *text = nfs_xdr_get_data (&results, 256, &length);

      *ret_port = text != NULL ? read_address (text, length) : 0;
    }
  else
    {
      guint32 port = nfs_xdr_get (&results);

      *ret_port = port <= G_MAXUINT16 ? (int) port : 0;
    }
  return nfs_rpc_check (rpc, procedure, &results, error);
}

gboolean
nfs_portmapper_ask (NfsRpc *rpc, gboolean ipv6, const NfsProcedure *procedure, int *ret_port, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (ask (rpc, ipv6, procedure, ret_port, &failure))
    return TRUE;
  if (failure->domain == NFS_CAUSE)
    return nfs_cause_throw (error, NFS_PORTMAPPER_UNAVAILABLE, "the portmapper at %s did not say where %s is",
                            rpc->peer, procedure->service);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

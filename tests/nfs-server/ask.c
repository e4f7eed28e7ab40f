/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-server/ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kvol/kvol-macros.h>

#include "nfs-server/record.h"
#include "nfs-server/rpc.h"
#include "nfs-server/xdr.h"

#define ASK_SECONDS 5

static gboolean throw (GError * *error, const char *what)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
  return FALSE;
}

static int
ask_connect (guint16 port, GError **error)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (port),
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  const struct timeval limit = { .tv_sec = ASK_SECONDS };
  KVOL_AUTO_FD fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0
      || setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0
      || connect (fd, (const struct sockaddr *) &address, sizeof address) < 0)
    {
      throw (error, "connect");
      return -1;
    }
  return g_steal_fd (&fd);
}

/* Sends the call and reads the answer of a server that accepted it, up to its results. */
static GByteArray *
ask (guint16 port, const GByteArray *call, GError **error)
{
  g_autoptr (GByteArray) record = record_wrap (call);
  g_autoptr (GByteArray) in = g_byte_array_new ();
  g_autoptr (GByteArray) answer = NULL;
  KVOL_AUTO_FD fd = ask_connect (port, error);
  XdrReader reader;

  if (fd < 0)
    return NULL;
  if (send (fd, record->data, record->len, MSG_NOSIGNAL) != (ssize_t) record->len)
    return throw (error, "send a call"), NULL;
  while ((answer = record_take (in)) == NULL)
    {
      guint8 buffer[4096];
      ssize_t n = read (fd, buffer, sizeof buffer);

      if (n < 0)
        return throw (error, "read the answer"), NULL;
      if (n == 0)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the server closed the connection");
          return NULL;
        }
      g_byte_array_append (in, buffer, n);
    }
  reader = (XdrReader){ .data = answer->data, .left = answer->len };
  if (!rpc_is_success (&reader))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the server did not accept the call");
      return NULL;
    }
  g_byte_array_remove_range (answer, 0, answer->len - reader.left);
  return g_steal_pointer (&answer);
}

/* The results begin with a status, 0 being success. */
static gboolean
ask_status (guint16 port, const GByteArray *call, const char *what, GError **error)
{
  g_autoptr (GByteArray) answer = ask (port, call, error);
  XdrReader reader;
  guint32 status;

  if (answer == NULL)
    return FALSE;
  reader = (XdrReader){ .data = answer->data, .left = answer->len };
  status = xdr_get_u32 (&reader);
  if (!reader.bad && status == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s answered status %u", what, status);
  return FALSE;
}

gboolean
ask_mount3 (guint16 mount_port, const char *path, GError **error)
{
  g_autoptr (GByteArray) mount = rpc_call (RPC_MOUNT, 3, RPC_MOUNT_MNT);
  g_autoptr (GByteArray) unmount = rpc_call (RPC_MOUNT, 3, RPC_MOUNT_UMNT);
  g_autoptr (GByteArray) answer = NULL;

  xdr_put_string (mount, path);
  xdr_put_string (unmount, path);
  if (!ask_status (mount_port, mount, "MOUNT 3", error))
    return FALSE;
  /* So that the server's list of clients begins empty. */
  answer = ask (mount_port, unmount, error);
  return answer != NULL;
}

/* A compound of v4.0 that needs no client of the server's: from the root down to the export, and its handle. */
gboolean
ask_lookup4 (guint16 port, const char *path, GError **error)
{
  g_autoptr (GByteArray) call = rpc_call (RPC_NFS, 4, RPC_NFS4_COMPOUND);
  g_auto (GStrv) names = g_strsplit (path, "/", -1);
  guint n_names = 0;

  for (guint i = 0; names[i] != NULL; i++)
    n_names += names[i][0] != '\0';
  xdr_put_string (call, "");
  xdr_put_u32 (call, 0);
  xdr_put_u32 (call, n_names + 2);
  xdr_put_u32 (call, RPC_NFS4_PUTROOTFH);
  for (guint i = 0; names[i] != NULL; i++)
    if (names[i][0] != '\0')
      {
        xdr_put_u32 (call, RPC_NFS4_LOOKUP);
        xdr_put_string (call, names[i]);
      }
  xdr_put_u32 (call, RPC_NFS4_GETFH);
  return ask_status (port, call, "NFS 4", error);
}

static gboolean
get_port (guint32 program, guint32 version, guint32 *ret_port, GError **error)
{
  g_autoptr (GByteArray) call = rpc_call (RPC_PORTMAPPER, 2, RPC_PORTMAPPER_GETPORT);
  g_autoptr (GByteArray) answer = NULL;
  XdrReader reader;

  xdr_put_u32 (call, program);
  xdr_put_u32 (call, version);
  xdr_put_u32 (call, IPPROTO_TCP);
  xdr_put_u32 (call, 0);
  answer = ask (RPC_PORTMAPPER_PORT, call, error);
  if (answer == NULL)
    return FALSE;
  reader = (XdrReader){ .data = answer->data, .left = answer->len };
  *ret_port = xdr_get_u32 (&reader);
  return TRUE;
}

guint16
ask_port (guint32 program, guint32 version)
{
  guint32 port = 0;

  return get_port (program, version, &port, NULL) ? (guint16) port : 0;
}

gboolean
ask_registered (guint32 program, guint32 version, gboolean *ret_known, GError **error)
{
  guint32 port = 0;

  if (!get_port (program, version, &port, error))
    return FALSE;
  *ret_known = port != 0;
  return TRUE;
}

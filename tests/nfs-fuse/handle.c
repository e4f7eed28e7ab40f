/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nfs-fuse/handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "nfs-server/server.h"
#include "resolve.h"
#include "rpc.h"

#define ANSWER_SECONDS 5

static const NfsProcedure mnt = { "MOUNT", 100005, 3, 1, "MNT" };
static const NfsProcedure lookup = { "NFS", 100003, 3, 3, "LOOKUP" };

/* Both answer a status and a handle. */
static LockFile
ask (int port, const NfsProcedure *procedure, const GByteArray *args)
{
  const NfsDeadline deadline = { .end = g_get_monotonic_time () + ANSWER_SECONDS * G_USEC_PER_SEC };
  g_autoptr (GArray) endpoints = nfs_resolve ("127.0.0.1", AF_INET, &deadline, NULL);
  g_auto (NfsRpc) rpc = NFS_RPC_INIT;
  g_autoptr (GError) error = NULL;
  const guint8 *data = NULL;
  LockFile file = { 0 };
  gsize length = 0;
  NfsXdr results;
  int fd = nfs_endpoint_connect (endpoints, port, FALSE, &deadline, &error);

  if (fd < 0)
    fail_msg ("%s", error->message);
  nfs_rpc_start (&rpc, fd, &g_array_index (endpoints, NfsEndpoint, 0), port, &deadline);
  if (!nfs_rpc_call (&rpc, procedure, args, &results, &error))
    fail_msg ("%s", error->message);
  if (nfs_xdr_get (&results) == 0)
    data = nfs_xdr_get_data (&results, NFS3_FHSIZE, &length);
  assert_non_null (data);
  memcpy (file.data, data, length);
  file.length = (guint8) length;
  return file;
}

LockFile
handle_get (const char *export, const char *name)
{
  g_autoptr (GByteArray) path = g_byte_array_new ();
  g_autoptr (GByteArray) entry = g_byte_array_new ();
  LockFile root;

  nfs_xdr_put_data (path, export, strlen (export));
  root = ask (NFS_MOUNT_PORT, &mnt, path);
  if (name == NULL)
    return root;
  nfs_xdr_put_data (entry, root.data, root.length);
  nfs_xdr_put_data (entry, name, strlen (name));
  return ask (NFS_PORT, &lookup, entry);
}

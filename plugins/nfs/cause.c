/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cause.h"

static const struct
{
  const char *word;
  const char *advice;
} causes[] = {
  [NFS_NAME_NOT_RESOLVED] = { "nfs.name-not-resolved",
                              "correct the server's name, or make it known to this node's DNS or /etc/hosts" },
  [NFS_CONNECTION_REFUSED] = { "nfs.connection-refused",
                               "start the service there, or say where it listens with the mount options port and "
                               "mountport" },
  [NFS_UNREACHABLE] = { "nfs.unreachable", "check this node's addresses and routes, and the firewalls on the way" },
  [NFS_CONNECT_TIMEOUT] = { "nfs.connect-timeout",
                            "check that the server is up, and that no firewall drops what is sent to this port" },
  [NFS_PORTMAPPER_UNAVAILABLE] = { "nfs.portmapper-unavailable",
                                   "start rpcbind there and open its port, or do without it: name the ports with the "
                                   "mount options port and mountport" },
  [NFS_NOT_AN_NFS_SERVER] = { "nfs.not-an-nfs-server",
                              "check the server's name, and the mount options port and mountport" },
  [NFS_NO_ANSWER] = { "nfs.no-answer", "look whether the NFS service there is frozen, overloaded or behind a proxy" },
  [NFS_VERSION_MISMATCH] = { "nfs.version-mismatch",
                             "choose another with the mount option vers, or switch this one on at the server" },
  [NFS_EXPORT_UNAVAILABLE_OR_DENIED] = { "nfs.export-unavailable-or-denied",
                                         "check at the server that the path is exported, and to this node "
                                         "(showmount -e, exportfs -v)" },
  [NFS_STALE] = { "nfs.stale", "export the directory anew at the server (exportfs -ra), or restart its NFS service" },
  [NFS_SERVER_FAULT] = { "nfs.server-fault", "look into the server's log" },
  [NFS_NO_DATA_PATH] = { "nfs.no-data-path", "use a kernel with the NFS client (modules nfsv3 and nfsv4)" },
};

const char *
nfs_cause_get_word (int cause)
{
  return causes[cause].word;
}

gboolean
nfs_cause_throw (GError **error, NfsCause cause, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, NFS_CAUSE, cause, "%s; %s", what, causes[cause].advice);
  return FALSE;
}

void
nfs_cause_propagate (GError **error, GError *failure)
{
  g_autoptr (GError) taken = failure;

  if (taken->domain == NFS_CAUSE)
    g_set_error (error, KVOL_ERROR, taken->code == NFS_NO_DATA_PATH ? KVOL_ERROR_NOT_SUPPORTED : KVOL_ERROR_TRANSIENT,
                 "%s: %s", nfs_cause_get_word (taken->code), taken->message);
  else
    g_propagate_error (error, g_steal_pointer (&taken));
}

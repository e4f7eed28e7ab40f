/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

static const struct
{
  guint32 status;
  NfsCause cause;
  const char *name; /* as the RFCs have it, without the protocol's prefix */
} statuses[] = {
  { 1, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "PERM" },
  { 2, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "NOENT" },
  { 5, NFS_SERVER_FAULT, "IO" },
  { 13, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "ACCESS" },
  { 20, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "NOTDIR" },
  { 22, NFS_SERVER_FAULT, "INVAL" },
  { 30, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "ROFS" },
  { 63, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "NAMETOOLONG" },
  { 66, NFS_SERVER_FAULT, "NOTEMPTY" },
  { 70, NFS_STALE, "STALE" },
  { 10001, NFS_STALE, "BADHANDLE" },
  { 10004, NFS_SERVER_FAULT, "NOTSUPP" },
  { 10006, NFS_SERVER_FAULT, "SERVERFAULT" },
  { NFS_STATUS_LATER, NFS_SERVER_FAULT, "DELAY" },
  { 10013, NFS_SERVER_FAULT, "GRACE" },
  { 10014, NFS_STALE, "FHEXPIRED" },
  { 10016, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "WRONGSEC" },
  { 10018, NFS_SERVER_FAULT, "RESOURCE" },
  { NFS_STATUS_MINOR_VERSION, NFS_VERSION_MISMATCH, "MINOR_VERS_MISMATCH" },
  { 10041, NFS_EXPORT_UNAVAILABLE_OR_DENIED, "BADNAME" },
};

gboolean
nfs_status_throw (GError **error, guint32 status, const NfsRpc *rpc, const NfsProcedure *procedure, const char *path)
{
  const char *hint = "";
  const char *name = "unknown";
  NfsCause cause = NFS_SERVER_FAULT;

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (statuses[i].status == status)
      {
        cause = statuses[i].cause;
        name = statuses[i].name;
      }
  if (cause == NFS_EXPORT_UNAVAILABLE_OR_DENIED && !nfs_endpoint_is_reserved (rpc->fd))
    hint =
        " (kvol asked from an ordinary port, because it may not use a reserved one or was told not to: a server that "
        "exports \"secure\" refuses that)";
  return nfs_cause_throw (error, cause, "%s answers %s to \"%s\" with status %u, %s%s", rpc->peer, procedure->name,
                          path, status, name, hint);
}

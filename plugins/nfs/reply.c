/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reply.h"

#include <nfsc/libnfs-zdr.h>

#define VERIFIER_MAX 400

gboolean
nfs_reply_begin (NfsXdr *in, guint32 *ret_xid)
{
  *ret_xid = nfs_xdr_get (in);
  return nfs_xdr_get (in) == REPLY && !in->broken;
}

NfsVerdict
nfs_reply_judge (NfsXdr *in, guint32 *ret_status)
{
  const guint32 accepted = nfs_xdr_get (in);
  gsize length;

  if (accepted == MSG_DENIED)
    return NFS_VERDICT_DENIED;
  if (accepted != MSG_ACCEPTED)
    return NFS_VERDICT_GARBAGE;
  nfs_xdr_get (in);
  nfs_xdr_get_data (in, VERIFIER_MAX, &length);
  *ret_status = nfs_xdr_get (in);
  if (in->broken)
    return NFS_VERDICT_GARBAGE;
  return *ret_status == SUCCESS ? NFS_VERDICT_SERVED : NFS_VERDICT_FAILED;
}

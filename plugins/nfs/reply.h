/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an answer says before its results: whose it is, and what the server made of the call (RFC 5531). */
#pragma once

#include "xdr.h"

typedef enum {
  NFS_VERDICT_GARBAGE, /* it says nothing of the kind */
  NFS_VERDICT_DENIED,  /* the call was not looked at; the reason follows */
  NFS_VERDICT_FAILED,  /* it was, and is not served */
  NFS_VERDICT_SERVED,  /* the results follow */
} NfsVerdict;

/* FALSE: it is no answer. */
gboolean   nfs_reply_begin (NfsXdr *in, guint32 *ret_xid);
/* What comes next. @ret_status: why it is not served. */
NfsVerdict nfs_reply_judge (NfsXdr *in, guint32 *ret_status);

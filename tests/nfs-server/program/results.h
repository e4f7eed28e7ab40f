/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the small server knows: an empty directory, its attributes, and where it is. */
#pragma once

#include "nfs-server/rpc.h"

/* The whole answer to a call whose head was read; @port is what the portmapper tells. */
GByteArray *results_proper (const RpcHead *head, XdrReader *args, guint16 port);

/* An answer of the right form that says @status. */
GByteArray *results_with_status (const RpcHead *head, XdrReader *args, guint32 status);

/* An answer to ACCESS or MKDIR: NFS_FAULT_RIGHTS(). */
GByteArray *results_with_rights (const RpcHead *head, guint32 rights);

/* An answer to FSINFO: NFS_FAULT_SIZES(). */
GByteArray *results_with_sizes (const RpcHead *head, guint32 sizes);

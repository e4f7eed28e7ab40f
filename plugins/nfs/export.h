/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An export of a server that nfs_probe_begin() has connected to. */
#pragma once

#include "probe.h"

/* A call of NFS 3, and its status, whatever that is. A server that says that it will do it later is asked again, until
 * there is no time left or @self has no more patience. FALSE with a cause, or cancelled. */
gboolean nfs_export_v3_call (NfsProbe *self, const NfsProcedure *procedure, const GByteArray *args,
                             guint32 *ret_status, NfsXdr *ret_results, GError **error);

/* What the file system of the export has room for. FALSE with a cause or another error. */
gboolean nfs_export_v3_measure (NfsProbe *self, KvolUsageInfo *usage, GError **error);
gboolean nfs_export_v4_measure (NfsProbe *self, KvolUsageInfo *usage, GError **error);

/* The handle of the export's root, as the beginning of a call's arguments. */
GByteArray *nfs_export_v3_open (NfsProbe *self, GError **error);

/* A call whose results begin with a status, which has to be OK. */
gboolean nfs_export_v3_ask (NfsProbe *self, const NfsProcedure *procedure, const GByteArray *args, NfsXdr *ret_results,
                            GError **error);

/* Bytes of attributes (fattr3). */
#define NFS_EXPORT_V3_ATTRIBUTES 84
/* Attributes that a server may leave out. */
void nfs_export_v3_skip_attributes (NfsXdr *results);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why an NFS server cannot be used, as one word that programs compare, and one sentence that says what to do. */
#pragma once

#include <kvol/kvol-abi.h>

typedef enum {
  NFS_NAME_NOT_RESOLVED,
  NFS_CONNECTION_REFUSED,
  NFS_UNREACHABLE,
  NFS_CONNECT_TIMEOUT,
  NFS_PORTMAPPER_UNAVAILABLE,
  NFS_NOT_AN_NFS_SERVER,
  NFS_NO_ANSWER,
  NFS_VERSION_MISMATCH,
  NFS_EXPORT_UNAVAILABLE_OR_DENIED,
  NFS_STALE,
  NFS_SERVER_FAULT,
  NFS_NO_DATA_PATH,
} NfsCause;

/* The domain of errors inside this plugin; the code is an NfsCause. */
#define NFS_CAUSE (g_quark_from_string ("kvol-nfs-cause"))

/* "nfs.connection-refused" */
const char *nfs_cause_get_word (int cause);

/* Says what happened and adds what helps against it. Answers FALSE. */
gboolean nfs_cause_throw (GError **error, NfsCause cause, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Hands @failure on as the host's error, word first; takes it. Another error than a cause's is handed on as it is. */
void nfs_cause_propagate (GError **error, GError *failure);

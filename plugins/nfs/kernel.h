/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts by the kernel's own NFS client. */
#pragma once

#include "probe.h"

/* Whether the kernel has a client of this NFS version; one that is a module is loaded by asking. */
gboolean nfs_kernel_has_client (int version);

/* A detached mount of @target, which was @found. It may wait for the server for as long as that takes: the caller runs
 * where it can be killed. -1 with a cause or another error, in which the kernel's own words are. */
int nfs_kernel_mount (const KvolHost *host, const NfsTarget *target, const NfsFound *found,
                      const KvolNodeVolume *volume, GCancellable *cancellable, GError **error);

/* The same by mount.nfs, which knows Kerberos, nfsmount.conf and rpc.statd. */
int nfs_kernel_run_helper (const KvolHost *host, const NfsTarget *target, const NfsFound *found,
                           GCancellable *cancellable, GError **error);

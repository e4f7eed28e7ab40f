/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NFS without the kernel's client: kvol-nfs, a process for each volume of each pod, over FUSE and NFS 3. */
#pragma once

#include "probe.h"

/* A detached mount of @target, which was @found, and the server behind it, which is in the volume's record. @deadline:
 * of all that the NFS server is still to be asked; our own has a few seconds more to start. -1 with a cause or another
 * error; the server is gone then. */
int nfs_user_path_open (const KvolHost *host, const NfsTarget *target, const NfsFound *found,
                        const KvolPodVolume *volume, const NfsDeadline *deadline, KvolMade *made, GError **error);

/* Whatever the volume is made of from now on, it is no server that its record names: that one's volume is gone. One
 * that lives stays in the record until there is another, which there is not of a volume that is mounted @by_kernel. */
gboolean nfs_user_path_forget (const KvolHost *host, const KvolPodVolume *volume, gboolean by_kernel,
                               GCancellable *cancellable, GError **error);

/* Looks whether the server that the volume has according to its record lives: it is watched, or the volume is lost. Of
 * one in another pid namespace the mount itself tells, which is @dir_fd (or -1), and nobody can watch it. FALSE when
 * that cannot be told now. */
gboolean nfs_user_path_check (const KvolHost *host, const KvolPodVolume *volume, int dir_fd, KvolMade *made,
                              GCancellable *cancellable, GError **error);

/* The volume has been unmounted: the server, if it has one, has @usec to end by itself, and is killed then; but not one
 * in another pid namespace, where its number is somebody else here. */
gboolean nfs_user_path_close (const KvolHost *host, const KvolPodVolume *volume, gint64 usec,
                              GCancellable *cancellable, GError **error);

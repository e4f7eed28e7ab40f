/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The locks of a volume that kvol-nfs serves: whether the NFS server is to keep them, and the record in which kvol-nfs
 * writes down which it has. */
#pragma once

#include "deadline.h"
#include "target.h"

/* The kinds that the server keeps, in the words of kvol-nfs: "all", "posix", "flock" or "none". */
const char *nfs_user_locks_get_kinds (const NfsTarget *target, const KvolNodeVolume *volume);

/* Asks the server whether it keeps locks; it is a warning when it denies them all. Then what others have left there is
 * let go of, as far as there is time. Answers the volume's record, which is taken as long as it is open; -1 with an
 * error. */
int nfs_user_locks_open (const KvolHost *host, const NfsTarget *target, const KvolPodVolume *volume,
                         const NfsDeadline *deadline, GError **error);

/* Nothing came of it: the record is closed, and need not be there. */
void nfs_user_locks_undo (const KvolHost *host, const NfsTarget *target, const KvolPodVolume *volume,
                          GCancellable *cancellable);

/* Adds to the volume's record what a later process needs to know for the next one. */
void nfs_user_locks_write_down (const NfsTarget *target, GVariantDict *record);

/* The volume's kvol-nfs has ended: what it had locked is let go of, within a few seconds. What cannot be, because the
 * server does not answer, is warned of, and is let go of when the next volume of this server is set up. */
void nfs_user_locks_free (const KvolHost *host, const KvolPodVolume *volume, GCancellable *cancellable);

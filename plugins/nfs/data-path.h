/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a volume's data: from a server that was found willing to a detached mount. */
#pragma once

#include "probe.h"

typedef struct {
  const KvolHost *host;
  gboolean        use_helper; /* mount.nfs, where there is a kernel client */
} NfsDataPath;

/* A mount of @target, which was @found, for the host to hang: by the kernel's client where there is one, else by a
 * server of our own in user space. @deadline: of all that is asked of the server before. FALSE with a cause or another
 * error. */
gboolean nfs_data_path_open (const NfsDataPath *self, const KvolPodVolume *volume, const NfsTarget *target,
                             const NfsFound *found, const NfsDeadline *deadline, KvolMade *made, GError **error);

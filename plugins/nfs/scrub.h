/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Emptying a directory of a server, all the way down. */
#pragma once

#include "files.h"

typedef struct {
  NfsProbe       *probe;
  const KvolHost *host;
  gint64          end;       /* monotonic: by then it is done, or given up */
  guint64         n_removed;
  gint64          told;      /* monotonic: when progress was told last */
} NfsScrub;

/* Removes all that is in @dir, and not @dir. Crosses into no other file system: what is one stays, and is an error. */
gboolean nfs_scrub (NfsScrub *self, const NfsFile *dir, GError **error);

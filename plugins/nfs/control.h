/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to volumes at the server, without a mount: emptying one, making one, and removing one that was made. It
 * takes NFS 3: a server that has version 4 alone is NOT_SUPPORTED. */
#pragma once

#include <kvol/kvol-abi.h>

typedef struct {
  const KvolHost *host;
  char           *server;      /* where volumes are made when the class does not say it; or NULL */
  char           *path;        /* the same; or NULL */
  gint64          answer_usec; /* until the server has to be found willing */
  gint64          scrub_usec;  /* until a directory has to be empty */
} NfsControl;

/* Empties the export. */
gboolean nfs_control_scrub (const NfsControl *self, const KvolNodeVolume *volume, GCancellable *cancellable,
                            GError **error);

/* Makes a directory for @claim ("namespace", "name", "volumeName") below the "share" of the "server" that the
 * parameters of @storage_class name. Answers "server", "path", and "onDelete" as the parameters have it. */
GVariant *nfs_control_provision (const NfsControl *self, GVariant *claim, GVariant *storage_class,
                                 GCancellable *cancellable, GError **error);

/* Does away with such a directory as its option "onDelete" says: "archive" (renames it, the default), "delete" or
 * "retain". Success when it is gone already. */
gboolean nfs_control_remove (const NfsControl *self, const KvolNodeVolume *volume, GCancellable *cancellable,
                             GError **error);

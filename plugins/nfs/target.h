/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a volume's fields and mount options say: which directory of which server, and how to get there. */
#pragma once

#include "options.h"

typedef struct {
  char      *server;  /* a name, or an address without brackets */
  char      *path;    /* absolute */
  NfsOptions options;
} NfsTarget;

gboolean nfs_target_read  (NfsTarget *self, const KvolNodeVolume *volume, GError **error);
/* Gives a detached mount those of the mount options that are the one mount's: "ro", "noatime", ... */
gboolean nfs_target_set_options (const NfsTarget *self, const KvolHost *host, int tree_fd, GError **error);
void     nfs_target_clear (NfsTarget *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfsTarget, nfs_target_clear)

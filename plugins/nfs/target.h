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
/* @text, which is about @volume; with a word more where it speaks of mount options, which this one cannot have. */
char    *nfs_target_dup_advice (const KvolNodeVolume *volume, const char *text);
/* Whether @volume is the pod's own, which has no mount options. */
gboolean nfs_target_is_inline (const KvolNodeVolume *volume);
void     nfs_target_clear (NfsTarget *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfsTarget, nfs_target_clear)

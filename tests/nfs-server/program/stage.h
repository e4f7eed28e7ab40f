/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount namespace of the servers: what the caller sees, with an own empty /run, in which each export's directory
 * is shown under a dull name. Everything that the servers write is in there and goes with them. */
#pragma once

#include "nfs-server/server.h"

#define STAGE_CONFIG   "/run/ganesha.conf"
#define STAGE_RECOVERY "/run/recovery"
#define STAGE_MONITOR  "/run/statd"
/* The directory of the export of this index. */
#define STAGE_EXPORT   "/run/exports/%u"

typedef struct {
  int outside; /* the caller's mount namespace */
  int inside;
} Stage;

/* Moves this process, which has one thread, inside. */
gboolean stage_enter (Stage *self, GError **error);

/* Shows the directories, as they are now, in place of those that were shown before. An export without a directory has
 * an empty one. */
gboolean stage_show (Stage *self, const NfsExport *exports, GError **error);

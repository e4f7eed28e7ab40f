/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A real server beside the NFS plugin, both gone with the test. It has these exports:
 *
 *     /exports/data        the directory @data, empty at first
 *     /exports/read-only   the same, for reading
 *     /exports/squashed    a directory in which nobody may do anything
 *     /exports/denied      @data, for others (not of a server of one version alone, which does not like it) */
#pragma once

#include "nfs-server/server.h"
#include "plugins/scripted-host.h"

typedef struct {
  ScriptedHost *host;
  NfsServer    *server;
  char         *data;
} NfsPlace;

/* @settings but for the exports; @seconds are for a probe. FALSE, with the reason printed, when this machine has no
 * server: the test is to be skipped. */
gboolean nfs_place_open  (NfsPlace *self, int seconds, NfsServerSettings settings);
void     nfs_place_clear (NfsPlace *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfsPlace, nfs_place_clear)

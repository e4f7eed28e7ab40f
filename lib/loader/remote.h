/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin that runs in workers: its slots call across. */
#pragma once

#include "loader/crew.h"
#include "loader/plugin.h"

/* The plugin is opened in a worker: now when it has a configuration, else with the first call. @desc is from
 * loader_table_copy(); @setup outlives the plugin. */
LoaderPlugin *loader_remote_open (const char *file, const KvolPluginDesc *desc, const LoaderCrewSetup *setup,
                                  GVariant *config, GError **error);

/* A detached bind of what lies at @path in a volume of such a plugin, made as directories when it is not there: found
 * by a worker, because the volume may hang. The volume is @root_fd, or the host's directory @host_path; links in it
 * lead nowhere else. @place names it, so that nobody is sent there while who was sent before still waits. To hold the
 * bind, hang it and close it asks nobody, nor does sys_mount_lookup(); to look at it in any other way may. TRANSIENT:
 * what is behind the volume does not answer. */
int loader_remote_open_part (const LoaderPlugin *self, const char *place, int root_fd, const char *host_path,
                             const char *path, GCancellable *cancellable, GError **error);

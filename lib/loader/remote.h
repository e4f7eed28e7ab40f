/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin that runs in workers: its slots call across. */
#pragma once

#include "loader/crew.h"
#include "loader/plugin.h"

/* Opens the plugin in a worker. @desc is from loader_table_copy(); @setup outlives the plugin. */
LoaderPlugin *loader_remote_open (const char *file, const KvolPluginDesc *desc, const LoaderCrewSetup *setup,
                                  GVariant *config, GError **error);

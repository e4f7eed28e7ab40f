/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One plugin: its table, checked and copied, and what its open() answered. */
#pragma once

#include "loader/host.h"

/* @desc has the size of this host's header whatever the plugin was built with: a slot the plugin lacks is NULL. When
 * the plugin runs in a worker its slots are replaced by ones that call across; callers see no difference. open and
 * close are the loader's own affair. */
typedef struct {
  KvolPluginDesc desc;
  gpointer       self;
  char          *name;      /* = desc.name */
  char          *file;      /* the .so */
  gboolean       in_worker;
  LoaderHost     host;      /* what open() was given, unless it runs in a worker */
} LoaderPlugin;

/* Opens the plugin in this process. @desc is from loader_table_copy(); @ops and @data outlive the plugin. FALSE with
 * what its open() said. */
LoaderPlugin *loader_plugin_open (const char *file, const KvolPluginDesc *desc, const LoaderHostOps *ops, gpointer data,
                                  GVariant *config, GError **error);

/* Closes it, wherever it runs. */
void loader_plugin_free (LoaderPlugin *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoaderPlugin, loader_plugin_free)

#define LOADER_MADE_INIT { .size = sizeof (KvolMade), .fd = -1, .watch_fd = -1 }

/* Closes and frees what a plugin answered and nobody took. */
void loader_made_clear (KvolMade *made);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (KvolMade, loader_made_clear)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugins that are loaded, by name. Loading is done by one thread before anything is called; after that the
 * registry does not change and may be read from any thread. */
#pragma once

#include "loader/plugin.h"

typedef struct _LoaderRegistry LoaderRegistry;

typedef enum {
  LOADER_IN_WORKER_WHEN_ASKED, /* plugins with KVOL_PLUGIN_MAY_HANG */
  LOADER_IN_WORKER_ALWAYS,     /* every plugin: what plugin-test and the tests use to prove that nobody can tell */
} LoaderPlacement;

/* @ops and @data must outlive the registry. @worker_program: absolute path of kvol-worker, NULL when there is none: a
 * plugin that needs it is then a problem. */
LoaderRegistry *loader_registry_new (const LoaderHostOps *ops, gpointer data, const char *worker_program,
                                     LoaderPlacement placement);

/* How long a call may take in a worker before it is killed; 30 s unless said otherwise. Not to be
 * changed while a call runs. */
void loader_registry_set_deadline (LoaderRegistry *self, gint64 usec);

/* Lends it, or NULL. */
const char *loader_registry_get_worker_program (LoaderRegistry *self);

/* Closes all plugins. No call may be running. */
void loader_registry_free (LoaderRegistry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoaderRegistry, loader_registry_free)

/* Loads every plugin of one .so. @config is a{sv}, for each plugin name its a{sv}, or NULL. For each plugin (or the
 * whole file) that is left out a sentence is added to @problems (element-type utf8). */
void loader_registry_load_file (LoaderRegistry *self, const char *file, GVariant *config, GPtrArray *problems);

/* The same for every kvol-*.so of a directory, by name. FALSE when the directory cannot be read. */
gboolean loader_registry_load_dir (LoaderRegistry *self, const char *dir, GVariant *config, GPtrArray *problems,
                                   GError **error);

/* Lends the plugin, or NULL. */
const LoaderPlugin *loader_registry_find (LoaderRegistry *self, const char *name);

/* All of them, sorted by name; (transfer container). */
GPtrArray *loader_registry_list (LoaderRegistry *self);

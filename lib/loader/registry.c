/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin that cannot be loaded costs itself only (upstream pkg/volume/plugins.go): the rest of its file and of its
 * directory is loaded, and one sentence says what is wrong with it. */
#include "loader/registry.h"

#include <string.h>

#include "loader/remote.h"
#include "loader/table.h"

#define DEADLINE_USEC (30 * G_TIME_SPAN_SECOND)

struct _LoaderRegistry
{
  GHashTable *plugins; /* (element-type utf8 LoaderPlugin) */
  LoaderCrewSetup remote;
  char *worker_program;
  LoaderPlacement placement;
};

LoaderRegistry *
loader_registry_new (const LoaderHostOps *ops, gpointer data, const char *worker_program, LoaderPlacement placement)
{
  LoaderRegistry *self = g_new0 (LoaderRegistry, 1);

  self->plugins = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) loader_plugin_free);
  self->worker_program = g_strdup (worker_program);
  self->placement = placement;
  self->remote = (LoaderCrewSetup){
    .ops = ops,
    .data = data,
    .worker_program = self->worker_program,
    .deadline_usec = DEADLINE_USEC,
  };
  return self;
}

void
loader_registry_set_deadline (LoaderRegistry *self, gint64 usec)
{
  self->remote.deadline_usec = usec;
}

const char *
loader_registry_get_worker_program (LoaderRegistry *self)
{
  return self->worker_program;
}

void
loader_registry_free (LoaderRegistry *self)
{
  g_hash_table_unref (self->plugins);
  g_free (self->worker_program);
  g_free (self);
}

static LoaderPlugin *
open_plugin (LoaderRegistry *self, const char *file, const KvolPluginDesc *desc, GVariant *config, GError **error)
{
  g_autoptr (GVariant) own =
      config != NULL ? g_variant_lookup_value (config, desc->name, G_VARIANT_TYPE_VARDICT) : NULL;

  if (self->placement == LOADER_IN_WORKER_ALWAYS || (desc->flags & KVOL_PLUGIN_MAY_HANG))
    return loader_remote_open (file, desc, &self->remote, own, error);
  return loader_plugin_open (file, desc, self->remote.ops, self->remote.data, own, error);
}

static gboolean
load_table (LoaderRegistry *self, const char *file, const KvolPluginDesc *table, GVariant *config, GError **error)
{
  const LoaderPlugin *first = NULL;
  LoaderPlugin *plugin = NULL;
  KvolPluginDesc desc;

  if (!loader_table_copy (table, &desc, error))
    return FALSE;
  first = loader_registry_find (self, desc.name);
  if (first != NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI,
                   "volume plugin \"%s\" was registered more than once; the one of \"%s\" is used", desc.name,
                   first->file);
      return FALSE;
    }
  plugin = open_plugin (self, file, &desc, config, error);
  if (plugin == NULL)
    {
      g_prefix_error (error, "volume plugin \"%s\" cannot be opened: ", desc.name);
      return FALSE;
    }
  g_hash_table_insert (self->plugins, plugin->name, plugin);
  return TRUE;
}

void
loader_registry_load_file (LoaderRegistry *self, const char *file, GVariant *config, GPtrArray *problems)
{
  /* A name without a slash would be looked for in the system's library directories. */
  g_autofree char *path = g_canonicalize_filename (file, NULL);
  g_autoptr (GError) whole = NULL;
  const KvolPluginDesc *const *tables = loader_table_open (path, &whole);

  if (tables == NULL)
    {
      g_ptr_array_add (problems, g_strdup (whole->message));
      return;
    }
  for (gsize i = 0; tables[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!load_table (self, path, tables[i], config, &error))
        g_ptr_array_add (problems, g_strdup_printf ("\"%s\": %s", path, error->message));
    }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

gboolean
loader_registry_load_dir (LoaderRegistry *self, const char *dir, GVariant *config, GPtrArray *problems, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) unread = NULL;
  g_autoptr (GDir) entries = g_dir_open (dir, 0, &unread);
  const char *name;

  if (entries == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_FINAL, "cannot read the directory of volume plugins: %s",
                   unread->message);
      return FALSE;
    }
  while ((name = g_dir_read_name (entries)) != NULL)
    if (g_str_has_prefix (name, "kvol-") && g_str_has_suffix (name, ".so"))
      g_ptr_array_add (names, g_strdup (name));

  /* Which of two plugins of one name is used must not depend on the order that a file system keeps. */
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *file = g_build_filename (dir, names->pdata[i], NULL);

      loader_registry_load_file (self, file, config, problems);
    }
  return TRUE;
}

const LoaderPlugin *
loader_registry_find (LoaderRegistry *self, const char *name)
{
  return g_hash_table_lookup (self->plugins, name);
}

static int
compare_plugins (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const LoaderPlugin *const *) a)->name, (*(const LoaderPlugin *const *) b)->name);
}

GPtrArray *
loader_registry_list (LoaderRegistry *self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer plugin;

  g_hash_table_iter_init (&iter, self->plugins);
  while (g_hash_table_iter_next (&iter, NULL, &plugin))
    g_ptr_array_add (list, plugin);
  g_ptr_array_sort (list, compare_plugins);
  return list;
}

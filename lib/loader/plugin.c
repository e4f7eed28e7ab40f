/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/plugin.h"

LoaderPlugin *
loader_plugin_open (const char *file, const KvolPluginDesc *desc, const LoaderHostOps *ops, gpointer data,
                    GVariant *config, GError **error)
{
  g_autoptr (GError) failure = NULL;
  LoaderPlugin *self = g_new0 (LoaderPlugin, 1);

  self->desc = *desc;
  self->name = g_strdup (desc->name);
  self->file = g_strdup (file);
  loader_host_init (&self->host, ops, data, self->name);
  self->self = desc->open (&self->host.base, config, &failure);
  if (self->self != NULL)
    return self;

  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_UNCERTAIN, "it failed without a word");
  /* What was not opened is not closed. */
  self->desc.close = NULL;
  loader_plugin_free (self);
  return NULL;
}

void
loader_plugin_free (LoaderPlugin *self)
{
  if (self->desc.close != NULL)
    self->desc.close (self->self);
  g_free (self->name);
  g_free (self->file);
  g_free (self);
}

void
loader_made_clear (KvolMade *made)
{
  kvol_clear_fd (&made->fd);
  kvol_clear_fd (&made->watch_fd);
  g_clear_pointer (&made->path, g_free);
  g_clear_pointer (&made->publish_context, g_variant_unref);
}

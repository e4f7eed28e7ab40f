/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question about a volume that no pod has: nothing is claimed, nothing written down, nothing made. */
#include "engine/probe.h"

#include <kvol/kvol-error.h>

#define STEPS G_VARIANT_TYPE ("a(sssx)")

static gboolean
check_options (GVariant *options, GError **error)
{
  if (g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT))
    return TRUE;
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "the fields of a volume are an a{sv}, not \"%s\"",
               g_variant_get_type_string (options));
  return FALSE;
}

static const LoaderPlugin *
find_plugin (Engine *self, const char *name, GError **error)
{
  const LoaderPlugin *plugin = loader_registry_find (engine_get_registry (self), name);

  if (plugin == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "no volume plugin \"%s\" is loaded", name);
  else if (plugin->desc.probe == NULL)
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "volume plugin \"%s\" has nobody to ask", name);
  else
    return plugin;
  return NULL;
}

/* What a plugin says is checked before a caller takes it apart. */
static GVariant *
check_steps (const LoaderPlugin *plugin, GVariant *steps, GError *failure, GError **error)
{
  g_autoptr (GVariant) taken = steps != NULL ? g_variant_take_ref (steps) : NULL;

  if (failure != NULL)
    g_propagate_error (error, failure);
  else if (taken == NULL || !g_variant_is_of_type (taken, STEPS))
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_ABI, "volume plugin \"%s\" answered a probe without its steps",
                 plugin->name);
  else
    return g_variant_get_normal_form (taken);
  return NULL;
}

GVariant *
engine_probe (Engine *self, const char *name, GVariant *options, const char *const *mount_options,
              GCancellable *cancellable, GError **error)
{
  KvolNodeVolume volume = {
    .size = sizeof volume,
    .cause = KVOL_CAUSE_FIRST,
    .mode = KVOL_MODE_FILESYSTEM,
    .spec_name = "probe",
    .mount_options = mount_options,
    .options = options,
  };
  const LoaderPlugin *plugin = NULL;
  g_autofree char *volume_id = NULL;
  GVariant *steps;
  GError *failure = NULL;

  if (!check_options (options, error))
    return NULL;
  plugin = find_plugin (self, name, error);
  if (plugin == NULL)
    return NULL;
  volume_id = plugin->desc.identify (plugin->self, &volume, &failure);
  if (volume_id == NULL)
    return check_steps (plugin, NULL, failure, error);
  volume.volume_id = volume_id;
  steps = plugin->desc.probe (plugin->self, &volume, cancellable, &failure);
  return check_steps (plugin, steps, failure, error);
}

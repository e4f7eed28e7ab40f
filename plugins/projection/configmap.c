/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* configMap (upstream pkg/volume/configmap): the values of a ConfigMap, on disk. */
#include "object.h"
#include "option.h"
#include "plugins.h"
#include "volume.h"

static const ProjectionObjectKind config_map = {
  .kind = "ConfigMap",
  .name_option = "name",
  .missing_key = "configmap references non-existent config key",
};

static const ProjectionKind configmap_kind = {
  .sources = &config_map,
  .fetch = projection_object_fetch_for_volume,
  .release = projection_object_release_for_volume,
  .get_version = projection_object_get_version_for_volume,
  .render = projection_object_render_for_volume,
};

static gpointer
configmap_open (const KvolHost *host, GVariant *config, GError **error)
{
  return projection_volume_open (host, &configmap_kind);
}

static char *
configmap_identify (gpointer self, const KvolNodeVolume *volume, GError **error)
{
  const char *name = "";

  if (!projection_option_get (volume->options, "name", "&s", &name, error))
    return NULL;
  return g_strconcat (volume->spec_name, "/", name, NULL);
}

const KvolPluginDesc projection_configmap = {
  .size = sizeof (KvolPluginDesc),
  .minor = KVOL_ABI_MINOR,
  .name = "kubernetes.io/configmap",
  .open = configmap_open,
  .close = projection_volume_close,
  .identify = configmap_identify,
  .setup = projection_volume_setup,
  .refresh = projection_volume_refresh,
  .teardown = projection_volume_teardown,
  .get_usage = projection_volume_get_usage,
  .reconstruct = projection_volume_reconstruct,
};

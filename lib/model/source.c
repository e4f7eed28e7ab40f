/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/source.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "model/field.h"

static const struct
{
  const char *source;
  const char *plugin;
} served[] = {
  { "emptyDir", "kubernetes.io/empty-dir" },
  { "hostPath", "kubernetes.io/host-path" },
  { "configMap", "kubernetes.io/configmap" },
  { "secret", "kubernetes.io/secret" },
};

/* What may stand beside the source: the pod's own fields, and what a claim's volume brought along. */
static const char *const beside[] = { "name",   "specName",   "accessModes", "mountOptions", "capacity", "readOnly",
                                      "fsType", "volumeMode", NULL };

/* flexVolume and csi name their driver: a loaded plugin of that name serves it. */
static char *
driver_of (GVariant *source)
{
  return g_strdup (model_field_string (source, "driver"));
}

static char *
plugin_of (const char *source, GVariant *options, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (served); i++)
    if (g_str_equal (served[i].source, source))
      return g_strdup (served[i].plugin);

  if (g_str_equal (source, "flexVolume") || g_str_equal (source, "csi"))
    {
      char *driver = driver_of (options);

      if (driver == NULL)
        g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.driver: Required value", source);
      return driver;
    }
  if (g_str_equal (source, "persistentVolumeClaim"))
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                         "persistentVolumeClaim: claims are not supported yet");
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "%s: this volume source is not supported", source);
  return NULL;
}

char *
model_source_find (GVariant *volume, GVariant **ret_options, GError **error)
{
  g_autoptr (GVariant) options = NULL;
  g_autofree char *source = NULL;
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, volume);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      if (g_strv_contains (beside, key) || !g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
        continue;
      if (source != NULL)
        {
          g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: may not specify more than 1 volume type", key);
          g_variant_unref (value);
          return NULL;
        }
      source = g_strdup (key);
      options = g_variant_ref (value);
    }
  if (source == NULL)
    {
      source = g_strdup ("emptyDir");
      options = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
    }

  char *plugin = plugin_of (source, options, error);

  if (plugin != NULL)
    *ret_options = g_steal_pointer (&options);
  return plugin;
}

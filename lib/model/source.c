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
  { "downwardAPI", "kubernetes.io/downward-api" },
  { "projected", "kubernetes.io/projected" },
  { "local", "kubernetes.io/local-volume" },
  { "image", "kubernetes.io/image" },
  { "nfs", "kubernetes.io/nfs" },
};

/* What may stand beside the source: the pod's own fields, and what a claim's volume brought along. */
static const char *const beside[] = { "name",   "specName",   "accessModes", "mountOptions", "capacity", "readOnly",
                                      "fsType", "volumeMode", NULL };

void
model_secret_ref_clear (ModelSecretRef *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->ns, g_free);
  g_clear_pointer (&self->type, g_free);
}

void
model_source_clear (ModelSource *self)
{
  model_secret_ref_clear (&self->secret);
  g_clear_pointer (&self->plugin, g_free);
  g_clear_pointer (&self->options, g_variant_unref);
  g_clear_pointer (&self->fs_type, g_free);
}

static GVariant *
no_options (void)
{
  return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
}

/* A driver that a pod names is a loaded plugin of that name. */
static gboolean
read_driver (ModelSource *self, const char *source, GVariant *fields, GError **error)
{
  self->plugin = g_strdup (model_field_string (fields, "driver"));
  if (self->plugin == NULL)
    {
      g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s.driver: Required value", source);
      return FALSE;
    }
  self->fs_type = g_strdup (model_field_string (fields, "fsType"));
  self->read_only = model_field_bool (fields, "readOnly");
  return TRUE;
}

/* A volume of a claim may name a Secret of another namespace than the pod's. */
static void
read_secret_ref (ModelSecretRef *self, GVariant *fields, const char *key, const char *type)
{
  g_autoptr (GVariant) ref = model_field_object (fields, key);
  const char *name = ref ? model_field_string (ref, "name") : NULL;
  const char *ns = ref ? model_field_string (ref, "namespace") : NULL;

  if (name == NULL || *name == '\0')
    return;
  self->name = g_strdup (name);
  self->ns = ns != NULL && *ns != '\0' ? g_strdup (ns) : NULL;
  self->type = g_strdup (type);
}

/* The Secret's type is the driver's name (upstream pkg/volume/util, GetSecretForPV). */
static gboolean
read_flex (ModelSource *self, GVariant *fields, GError **error)
{
  self->options = model_field_object (fields, "options");
  if (self->options == NULL)
    self->options = no_options ();
  if (!read_driver (self, "flexVolume", fields, error))
    return FALSE;
  read_secret_ref (&self->secret, fields, "secretRef", self->plugin);
  return TRUE;
}

static gboolean
read_csi (ModelSource *self, GVariant *fields, GError **error)
{
  self->options = g_variant_ref (fields);
  read_secret_ref (&self->secret, fields, "nodePublishSecretRef", NULL);
  return read_driver (self, "csi", fields, error);
}

static gboolean
read_fields (ModelSource *self, const char *source, GVariant *fields, GError **error)
{
  if (g_str_equal (source, "flexVolume"))
    return read_flex (self, fields, error);
  if (g_str_equal (source, "csi"))
    return read_csi (self, fields, error);

  self->options = g_variant_ref (fields);
  for (size_t i = 0; i < G_N_ELEMENTS (served); i++)
    if (g_str_equal (served[i].source, source))
      self->plugin = g_strdup (served[i].plugin);
  /* Of a pod's own volume. That of a PersistentVolume is ignored upstream (pkg/volume/nfs): whoever resolves a claim
   * leaves it out. */
  if (g_str_equal (source, "nfs"))
    self->read_only = model_field_bool (fields, "readOnly");
  if (self->plugin != NULL)
    return TRUE;
  if (g_str_equal (source, "persistentVolumeClaim"))
    g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
                         "persistentVolumeClaim: claims are not supported yet");
  else
    g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, "%s: this volume source is not supported", source);
  return FALSE;
}

static gboolean
is_source (const char *key)
{
  static const char *const others[] = { "flexVolume", "csi", "persistentVolumeClaim", NULL };

  for (size_t i = 0; i < G_N_ELEMENTS (served); i++)
    if (g_str_equal (served[i].source, key))
      return TRUE;
  return g_strv_contains (others, key);
}

gboolean
model_source_read (ModelSource *self, GVariant *volume, GError **error)
{
  g_autoptr (GVariant) fields = NULL;
  g_autofree char *source = NULL;
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, volume);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      if (g_strv_contains (beside, key))
        continue;
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
        {
          /* An unknown field is kept; a known source of another type must not become an emptyDir. */
          if (!is_source (key))
            continue;
          g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: must be an object (a{sv})", key);
          g_variant_unref (value);
          return FALSE;
        }
      if (source != NULL)
        {
          g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC, "%s: may not specify more than 1 volume type", key);
          g_variant_unref (value);
          return FALSE;
        }
      source = g_strdup (key);
      fields = g_variant_ref (value);
    }
  if (source == NULL)
    {
      source = g_strdup ("emptyDir");
      fields = no_options ();
    }
  return read_fields (self, source, fields, error);
}

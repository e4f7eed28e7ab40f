/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "claim/volume.h"

#include <kvol/kvol-error.h>
#include <string.h>

#include "claim/match.h"
#include "manifest/types.h"

/* The row of the source that a volume has. */
static const KubeField *
find_source (const KubeNode *spec)
{
  for (const KubeField *field = kube_type_PersistentVolumeSpec.fields; field->name != NULL; field++)
    if (field->source && kube_node_get (spec, field->name) != NULL)
      return field;
  return NULL;
}

static gboolean throw (GError * *error, const char *why)
{
  g_set_error_literal (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED, why);
  return FALSE;
}

/* Upstream pkg/kubelet/volumemanager/populator, createVolumeSpec, which names the volume as the pod does. */
static gboolean
check_mode (const KubeNode *volume, const KubeClaimUse *use, GError **error)
{
  gboolean is_block = g_str_equal (kube_match_get_mode (volume), "Block");
  g_autofree char *why = NULL;

  if (is_block ? use->is_mounted : use->is_device)
    why = g_strdup_printf ("volume %s has volumeMode %s, but is specified in %s", use->name,
                           is_block ? "Block" : "Filesystem", is_block ? "volumeMounts" : "volumeDevices");
  else if (is_block)
    why = g_strdup_printf ("volume %s has volumeMode Block, which is not supported yet", use->name);
  return why == NULL || throw (error, why);
}

/* A directory of the host is handed on as it is; nothing is mounted that could have options. */
static gboolean
check_volume (const KubeNode *volume, const KubeField *source, char **options, const KubeClaimUse *use, GError **error)
{
  const char *name = kube_node_get_string (kube_node_get_map (volume, "metadata"), "name");
  g_autofree char *why = NULL;

  if (source == NULL)
    why = g_strdup_printf ("volume \"%s\" has no source", name);
  else if (source->unsupported != NULL)
    why = g_strdup_printf ("volume \"%s\": %s: %s", name, source->name, source->unsupported);
  else if (*options != NULL && g_str_equal (source->name, "hostPath"))
    why = g_strdup_printf ("volume \"%s\": mount options are not supported for this volume type", name);
  else
    return check_mode (volume, use, error);
  return throw (error, why);
}

/* The annotation is older than the field and takes its place, also when it is empty (upstream pkg/volume/util,
 * MountOptionFromSpec). */
static char **
list_mount_options (const KubeNode *volume)
{
  const char *annotation = kube_match_get_annotation (volume, "volume.beta.kubernetes.io/mount-options");
  const KubeNode *list = kube_node_get_list (kube_node_get_map (volume, "spec"), "mountOptions");
  g_auto (GStrv) parts = annotation ? g_strsplit (annotation, ",", -1) : NULL;
  GPtrArray *options = g_ptr_array_new ();

  for (guint i = 0; parts != NULL && parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      g_ptr_array_add (options, g_strdup (parts[i]));
  for (guint i = 0; parts == NULL && i < kube_node_length (list); i++)
    {
      const KubeNode *option = kube_node_child (list, i);

      if (option->type == KUBE_STRING && *option->string != '\0')
        g_ptr_array_add (options, g_strdup (option->string));
    }
  g_ptr_array_add (options, NULL);
  return (char **) g_ptr_array_free (options, FALSE);
}

/* Whether an NFS volume is read-only is the claim's affair alone (upstream pkg/volume/nfs). */
static GVariant *
make_source (const KubeField *field, const KubeNode *source)
{
  g_autoptr (GVariant) fields = g_variant_ref_sink (kube_type_to_variant (field->type, source));
  gboolean is_nfs = g_str_equal (field->name, "nfs");
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, fields);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    if (!is_nfs || !g_str_equal (key, "readOnly"))
      g_variant_builder_add (&builder, "{sv}", key, value);
  return g_variant_builder_end (&builder);
}

static void
add_text (GVariantBuilder *builder, const char *key, const char *text)
{
  if (text != NULL && *text != '\0')
    g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (text));
}

static void
add_words (GVariantBuilder *builder, const char *key, const KubeNode *list)
{
  GVariantBuilder words;

  g_variant_builder_init (&words, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < kube_node_length (list); i++)
    if (kube_node_child (list, i)->type == KUBE_STRING)
      g_variant_builder_add (&words, "s", kube_node_child (list, i)->string);
  g_variant_builder_add (builder, "{sv}", key, g_variant_builder_end (&words));
}

GVariant *
kube_claim_volume_new (const KubeNode *volume, const KubeClaimUse *use, GError **error)
{
  const KubeNode *spec = kube_node_get_map (volume, "spec");
  const KubeField *field = find_source (spec);
  g_auto (GStrv) options = list_mount_options (volume);
  GVariantBuilder builder;

  if (!check_volume (volume, field, options, use, error))
    return NULL;

  const KubeNode *source = kube_node_get (spec, field->name);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_text (&builder, "name", use->name);
  add_text (&builder, "specName", kube_node_get_string (kube_node_get_map (volume, "metadata"), "name"));
  add_text (&builder, "claimName", use->claim);
  g_variant_builder_add (&builder, "{sv}", field->name, make_source (field, source));
  add_words (&builder, "accessModes", kube_node_get_list (spec, "accessModes"));
  if (*options != NULL)
    g_variant_builder_add (&builder, "{sv}", "mountOptions", g_variant_new_strv ((const char *const *) options, -1));
  g_variant_builder_add (&builder, "{sv}", "capacity", g_variant_new_int64 (kube_match_get_capacity (volume)));
  g_variant_builder_add (&builder, "{sv}", "readOnly", g_variant_new_boolean (use->read_only));
  add_text (&builder, "fsType", kube_node_get_string (source, "fsType"));
  add_text (&builder, "volumeMode", kube_match_get_mode (volume));
  return g_variant_builder_end (&builder);
}

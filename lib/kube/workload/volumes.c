/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload/volumes.h"

#include <kvol/kvol-error.h>

#include "claim/volume.h"
#include "manifest/types.h"

/* What volumes are made with. */
typedef struct
{
  const KubeObject *object;
  const KubeNode *spec; /* of the pod */
  KubeClaims *claims;
  GVariantBuilder *builder;
  GHashTable *names; /* PersistentVolume (KubeNode *): the name that it has in the pod */
  gboolean failed;
} Maker;

static KubeNode *
get_spec (const KubeObject *object)
{
  return kube_node_get_map (kube_object_get_template (object), "spec");
}

/* Of a StatefulSet. */
static KubeNode *
get_templates (const KubeObject *object)
{
  if (object->kind->pods != KUBE_PODS_ORDINALS)
    return NULL;
  return kube_node_get_list (kube_node_get_map (object->root, "spec"), "volumeClaimTemplates");
}

gboolean
kube_volumes_need_claims (const KubeObject *object)
{
  const KubeNode *volumes = kube_node_get_list (get_spec (object), "volumes");

  for (guint i = 0; i < kube_node_length (volumes); i++)
    if (kube_node_get (kube_node_child (volumes, i), "persistentVolumeClaim") != NULL)
      return TRUE;
  return kube_node_length (get_templates (object)) > 0;
}

char *
kube_volumes_claim_name (const char *template, const char *pod)
{
  return g_strdup_printf ("%s-%s", template, pod);
}

static gboolean
has_named (const KubeNode *list, const char *name)
{
  for (guint i = 0; i < kube_node_length (list); i++)
    if (g_strcmp0 (kube_node_get_string (kube_node_child (list, i), "name"), name) == 0)
      return TRUE;
  return FALSE;
}

/* Whether some container of the pod has the volume in its list @field. */
static gboolean
is_used (const KubeNode *spec, const char *field, const char *volume)
{
  static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };

  for (guint list = 0; list < G_N_ELEMENTS (lists); list++)
    {
      const KubeNode *containers = kube_node_get_list (spec, lists[list]);

      for (guint i = 0; i < kube_node_length (containers); i++)
        if (has_named (kube_node_get_list (kube_node_child (containers, i), field), volume))
          return TRUE;
    }
  return FALSE;
}

/* A volume that kvol cannot serve stays so; everything else may look different with other objects. */
static KvolKubeSeverity
judge (const GError *error)
{
  return g_error_matches (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED) ? KVOL_KUBE_WARNING : KVOL_KUBE_PENDING;
}

/* A directory has one name in its pod. */
static gboolean
give_name (Maker *maker, KubeNode *volume, const char *name, GError **error)
{
  const char *other = g_hash_table_lookup (maker->names, volume);

  if (other == NULL)
    return g_hash_table_insert (maker->names, volume, (gpointer) name);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_NOT_SUPPORTED,
               "not supported: PersistentVolume \"%s\" is volume \"%s\" already: one of them can be mounted several "
               "times",
               kube_node_get_string (kube_node_get_map (volume, "metadata"), "name"), other);
  return FALSE;
}

/* What goes wrong is reported about @field of @node. */
static void
add_claim (Maker *maker, KubeClaimUse *use, const KubeNode *template, KubeNode *node, const char *field)
{
  g_autoptr (GError) error = NULL;
  KubeNode *volume =
      kube_binder_bind (maker->claims->binder, maker->object->ns, use->claim, template, &maker->claims->host, &error);
  GVariant *made = NULL;

  use->is_mounted = is_used (maker->spec, "volumeMounts", use->name);
  use->is_device = is_used (maker->spec, "volumeDevices", use->name);
  if (volume != NULL && give_name (maker, volume, use->name, &error))
    made = kube_claim_volume_new (volume, use, &error);
  if (made != NULL)
    g_variant_builder_add_value (maker->builder, made);
  else
    kube_report_node (maker->claims->report, judge (error), node, field, "%s", error->message);
  maker->failed = maker->failed || made == NULL;
}

static void
add_volume (Maker *maker, KubeNode *volume)
{
  KubeNode *source = kube_node_get_map (volume, "persistentVolumeClaim");
  KubeClaimUse use = {
    .name = kube_node_get_string (volume, "name"),
    .claim = kube_node_get_string (source, "claimName"),
    .read_only = kube_node_get_true (source, "readOnly"),
  };

  if (source != NULL)
    add_claim (maker, &use, NULL, source, "claimName");
  else
    g_variant_builder_add_value (maker->builder, kube_type_to_variant (&kube_type_Volume, volume));
}

static const char *
get_template_name (const KubeNode *template)
{
  return kube_node_get_string (kube_node_get_map (template, "metadata"), "name");
}

static void
add_templates (Maker *maker, const KubeNode *templates, const char *pod)
{
  for (guint i = 0; i < kube_node_length (templates); i++)
    {
      KubeNode *template = kube_node_child (templates, i);
      const char *name = get_template_name (template);
      g_autofree char *claim = kube_volumes_claim_name (name ? name : "", pod);
      KubeClaimUse use = { .name = name, .claim = claim };

      add_claim (maker, &use, template, template, "metadata.name");
    }
}

/* A claim of a StatefulSet takes the place of a volume of that name. */
static gboolean
is_replaced (const KubeNode *templates, const KubeNode *volume)
{
  const char *name = kube_node_get_string (volume, "name");

  for (guint i = 0; i < kube_node_length (templates); i++)
    if (g_strcmp0 (get_template_name (kube_node_child (templates, i)), name) == 0)
      return TRUE;
  return FALSE;
}

static GVariant *
finish (Maker *self)
{
  if (!self->failed)
    return g_variant_builder_end (self->builder);
  g_variant_builder_clear (self->builder);
  return NULL;
}

/* Says once that there is no room for more. */
static gboolean
takes_room (GVariant *volumes, const KubeObject *object, KubeClaims *claims)
{
  gsize size = g_variant_get_size (volumes);

  if (size <= claims->left)
    {
      claims->left -= size;
      return TRUE;
    }
  claims->left = 0;
  kube_report_node (claims->report, KVOL_KUBE_WARNING, object->root, NULL, "more volumes than one node can hold");
  return FALSE;
}

GVariant *
kube_volumes_new_shared (const KubeObject *object, KubeClaims *claims)
{
  const KubeNode *spec = get_spec (object);
  const KubeNode *volumes = kube_node_get_list (spec, "volumes");
  const KubeNode *templates = get_templates (object);
  GVariantBuilder builder;
  g_autoptr (GHashTable) names = g_hash_table_new (NULL, NULL);
  Maker maker = { object, spec, claims, &builder, names, FALSE };

  if (claims->left == 0)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < kube_node_length (volumes); i++)
    if (!is_replaced (templates, kube_node_child (volumes, i)))
      add_volume (&maker, kube_node_child (volumes, i));
  return finish (&maker);
}

GVariant *
kube_volumes_new (const KubeObject *object, const char *pod, GVariant *shared, KubeClaims *claims)
{
  GVariantBuilder builder;
  g_autoptr (GHashTable) names = g_hash_table_new (NULL, NULL);
  Maker maker = { object, get_spec (object), claims, &builder, names, shared == NULL };
  g_autoptr (GVariant) volumes = NULL;

  if (claims->left == 0)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  add_templates (&maker, get_templates (object), pod);
  for (gsize i = 0; shared != NULL && i < g_variant_n_children (shared); i++)
    {
      g_autoptr (GVariant) volume = g_variant_get_child_value (shared, i);

      g_variant_builder_add_value (&builder, volume);
    }
  volumes = finish (&maker);
  if (volumes != NULL)
    g_variant_ref_sink (volumes);
  return volumes != NULL && takes_room (volumes, object, claims) ? g_steal_pointer (&volumes) : NULL;
}

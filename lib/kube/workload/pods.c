/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workload/pods.h"

#include <string.h>

#include "manifest/types.h"
#include "workload/uid.h"

static gint64
get_replicas (const KubeNode *spec)
{
  return kube_node_get_int (spec, "replicas", 1);
}

/* Without completions, each of the parallel pods works until one of them says that all is done. */
static gint64
get_completions (const KubeNode *spec)
{
  gint64 parallelism = kube_node_get_int (spec, "parallelism", 1);

  return MIN (parallelism, kube_node_get_int (spec, "completions", parallelism));
}

guint64
kube_pods_count (const KubeObject *object)
{
  const KubeNode *spec = kube_node_get_map (object->root, "spec");
  gint64 count = 0;

  switch (object->kind->pods)
    {
    case KUBE_PODS_NONE:
      break;
    case KUBE_PODS_SELF:
    case KUBE_PODS_ONE:
      count = 1;
      break;
    case KUBE_PODS_REPLICAS:
    case KUBE_PODS_ORDINALS:
      count = get_replicas (spec);
      break;
    case KUBE_PODS_COMPLETIONS:
      count = get_completions (spec);
      break;
    }
  return MAX (count, 0);
}

char *
kube_pods_dup_name (const KubeObject *object, guint64 index)
{
  const KubeNode *ordinals = kube_node_find (object->root, "spec/ordinals");
  gint64 first = object->kind->pods == KUBE_PODS_ORDINALS ? kube_node_get_int (ordinals, "start", 0) : 0;

  if (object->kind->pods == KUBE_PODS_SELF)
    return g_strdup (object->name);
  return g_strdup_printf ("%s-%" G_GUINT64_FORMAT, object->name, first + index);
}

/* Only a Pod can bring a UID: a template's would be the same for all its pods. */
KubeNode *
kube_pods_get_uid (const KubeObject *object)
{
  KubeNode *metadata = kube_node_get_map (object->root, "metadata");
  const char *uid = kube_node_get_string (metadata, "uid");

  if (object->kind->pods != KUBE_PODS_SELF || uid == NULL || *uid == '\0')
    return NULL;
  return kube_node_get (metadata, "uid");
}

static char *
make_uid (const KubeObject *object, const char *name, const char *digest)
{
  const KubeNode *uid = kube_pods_get_uid (object);

  return uid != NULL ? g_strdup (uid->string) : kube_pod_uid (object->ns, name, digest);
}

/* A StatefulSet tells its pods who they are (upstream pkg/controller/statefulset, updateIdentity). */
static GVariant *
make_labels (GVariant *given, const char *name)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, given);
  g_variant_dict_insert (&dict, "statefulset.kubernetes.io/pod-name", "s", name);
  g_variant_dict_insert (&dict, "apps.kubernetes.io/pod-index", "s", strrchr (name, '-') + 1);
  return g_variant_dict_end (&dict);
}

/* @given holds the labels and annotations; the identity is the pod's own. */
static GVariant *
make_metadata (const KubeObject *object, GVariant *given, const char *name, const char *digest)
{
  g_autofree char *uid = make_uid (object, name, digest);
  GVariantDict dict;

  g_variant_dict_init (&dict, given);
  if (object->kind->pods == KUBE_PODS_ORDINALS)
    {
      g_autoptr (GVariant) labels = g_variant_dict_lookup_value (&dict, "labels", G_VARIANT_TYPE_VARDICT);

      g_variant_dict_insert_value (&dict, "labels", make_labels (labels, name));
    }
  g_variant_dict_remove (&dict, "generateName");
  g_variant_dict_insert (&dict, "name", "s", name);
  g_variant_dict_insert (&dict, "namespace", "s", object->ns);
  g_variant_dict_insert (&dict, "uid", "s", uid);
  return g_variant_dict_end (&dict);
}

/* serviceAccount is the field's old name (upstream pkg/apis/core/v1/conversion.go), and without either a pod has the
 * account that every namespace has (plugin/pkg/admission/serviceaccount). */
static void
default_service_account (GVariantDict *spec)
{
  const char *name = NULL;

  if (g_variant_dict_lookup (spec, "serviceAccountName", "&s", &name) && *name != '\0')
    return;
  if (!g_variant_dict_lookup (spec, "serviceAccount", "&s", &name) || *name == '\0')
    name = "default";
  g_variant_dict_insert (spec, "serviceAccountName", "s", name);
}

/* There is no scheduler: a pod that is set up here was meant for here. */
static void
default_node (GVariantDict *spec, const char *node)
{
  const char *name = NULL;

  if (!g_variant_dict_lookup (spec, "nodeName", "&s", &name) || *name == '\0')
    g_variant_dict_insert (spec, "nodeName", "s", node);
}

/* @volumes replaces those of the template; NULL: they stay. */
static GVariant *
make_spec (GVariant *template, const char *node, GVariant *volumes)
{
  g_autoptr (GVariant) given = g_variant_lookup_value (template, "spec", G_VARIANT_TYPE_VARDICT);
  GVariantDict dict;

  g_variant_dict_init (&dict, given);
  default_service_account (&dict);
  default_node (&dict, node);
  if (volumes != NULL)
    g_variant_dict_insert_value (&dict, "volumes", volumes);
  return g_variant_dict_end (&dict);
}

static KvolPod *
make_pod (const KubeObject *object, GVariant *template, GVariant *spec, const char *name, const char *digest,
          GError **error)
{
  g_autoptr (GVariant) metadata = g_variant_lookup_value (template, "metadata", G_VARIANT_TYPE_VARDICT);
  GVariantDict dict;

  g_variant_dict_init (&dict, template);
  g_variant_dict_insert (&dict, "apiVersion", "s", "v1");
  g_variant_dict_insert (&dict, "kind", "s", "Pod");
  g_variant_dict_insert_value (&dict, "metadata", make_metadata (object, metadata, name, digest));
  g_variant_dict_insert_value (&dict, "spec", spec);
  return kvol_pod_new (g_variant_dict_end (&dict), error);
}

gboolean
kube_pods_make (const KubeObject *object, const char *node, KubeClaims *claims, KubePodFunc each, gpointer data,
                GError **error)
{
  const KubeNode *root = kube_object_get_template (object);
  const KubeType *type = object->kind->pods == KUBE_PODS_SELF ? &kube_type_Pod : &kube_type_PodTemplateSpec;
  g_autoptr (GVariant) template = g_variant_ref_sink (kube_type_to_variant (type, root));
  g_autoptr (GVariant) spec = g_variant_ref_sink (make_spec (template, node, NULL));
  g_autofree char *digest = kube_spec_digest (kube_node_get (root, "spec"));
  guint64 count = kube_pods_count (object);
  g_autoptr (GVariant) shared = claims && count > 0 ? kube_volumes_new_shared (object, claims) : NULL;

  if (shared != NULL)
    g_variant_ref_sink (shared);
  for (guint64 i = 0; i < count; i++)
    {
      g_autofree char *name = kube_pods_dup_name (object, i);
      g_autoptr (GVariant) volumes = claims ? kube_volumes_new (object, name, shared, claims) : NULL;
      KvolPod *pod;

      if (claims != NULL && volumes == NULL)
        continue;
      pod = make_pod (object, template, claims ? make_spec (template, node, volumes) : spec, name, digest, error);
      if (pod == NULL)
        return FALSE;
      each (pod, i, data);
    }
  return TRUE;
}

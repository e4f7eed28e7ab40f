/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest/kind.h"

#include <string.h>

#include "manifest/types.h"

#define STORAGE "storage.k8s.io/v1"

/* clang-format off */
static const KubeKind kinds[] = {
  { "Pod",                   "v1",       &kube_type_Pod,         KUBE_PODS_SELF },
  { "Deployment",            "apps/v1",  &kube_type_Deployment,  KUBE_PODS_REPLICAS,    "spec/template" },
  { "ReplicaSet",            "apps/v1",  &kube_type_ReplicaSet,  KUBE_PODS_REPLICAS,    "spec/template" },
  { "ReplicationController", "v1",       &kube_type_ReplicationController,
                                                                 KUBE_PODS_REPLICAS,    "spec/template" },
  { "StatefulSet",           "apps/v1",  &kube_type_StatefulSet, KUBE_PODS_ORDINALS,    "spec/template" },
  { "DaemonSet",             "apps/v1",  &kube_type_DaemonSet,   KUBE_PODS_ONE,         "spec/template" },
  { "Job",                   "batch/v1", &kube_type_Job,         KUBE_PODS_COMPLETIONS, "spec/template" },
  { "CronJob",               "batch/v1", &kube_type_CronJob,     KUBE_PODS_ONE,
                                                                             "spec/jobTemplate/spec/template" },
  { "PodTemplate",           "v1",       &kube_type_PodTemplate, KUBE_PODS_NONE,        "template" },
  { "ConfigMap",             "v1",       &kube_type_ConfigMap },
  { "Secret",                "v1",       &kube_type_Secret },
  { "ServiceAccount",        "v1",       &kube_type_ServiceAccount },
  { "PersistentVolumeClaim", "v1",       &kube_type_PersistentVolumeClaim },
  { "PersistentVolume",      "v1",       &kube_type_PersistentVolume, .is_global = TRUE },
  { "Node",                  "v1",       &kube_type_Node,             .is_global = TRUE },
  { "StorageClass",          STORAGE,    &kube_type_StorageClass,     .is_global = TRUE },
  { "CSIDriver",             STORAGE,    &kube_type_CSIDriver,        .is_global = TRUE },
  { "CSINode",               STORAGE,    .skipped = "a node without an API server has no need of it" },
  { "CSIStorageCapacity",    STORAGE,    .skipped = "a node without an API server has no need of it" },
  { "VolumeAttachment",      STORAGE,    .skipped = "a node without an API server has no need of it" },
  { "VolumeAttributesClass", STORAGE,    .skipped = "changing a volume's attributes is not supported" },
};
/* clang-format on */

void
kube_object_free (KubeObject *self)
{
  kube_node_free (self->root);
  g_free (self);
}

KubeNode *
kube_object_get_template (const KubeObject *self)
{
  if (self->kind->template != NULL)
    return kube_node_find (self->root, self->kind->template);
  return self->kind->pods == KUBE_PODS_SELF ? self->root : NULL;
}

/* What an API server serves itself. The list is closed: other groups below "k8s.io" are of projects whose kinds may be
 * called like one of these. */
static const char *const own_groups[] = {
  "",
  "apps",
  "autoscaling",
  "batch",
  "extensions",
  "policy",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "internal.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
  "storagemigration.k8s.io",
  NULL,
};

/* The group of "apps/v1" is "apps", that of "v1" is "". */
static gboolean
is_own_group (const char *api_version)
{
  const char *slash = strchr (api_version, '/');
  g_autofree char *group = g_strndup (api_version, slash ? slash - api_version : 0);

  return g_strv_contains (own_groups, group);
}

/* A kind of that name in a group of Kubernetes' own that has none such, or whose name is written otherwise, is one that
 * no API server serves: it was meant for one that is known. In anybody else's group it is a stranger. */
static const KubeKind *
find_kind (const char *api_version, const char *kind, gboolean *ret_is_mistaken)
{
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (g_ascii_strcasecmp (kinds[i].kind, kind) != 0)
        continue;
      if (g_str_equal (kinds[i].api_version, api_version) && g_str_equal (kinds[i].kind, kind))
        return &kinds[i];
      *ret_is_mistaken = is_own_group (api_version);
    }
  return NULL;
}

/* Reports why there is no object in @root, or answers its kind. */
static const KubeKind *
identify (KubeReport *report, KubeNode *root)
{
  const char *kind = kube_node_get_string (root, "kind");
  const char *api_version = kube_node_get_string (root, "apiVersion");
  gboolean is_mistaken = FALSE;
  const KubeKind *found = NULL;

  if (root->type != KUBE_MAP)
    kube_report_node (report, KVOL_KUBE_ERROR, root, NULL, "not an object, but %s", kube_node_type_name (root->type));
  else if (kind == NULL || *kind == '\0')
    kube_report_node (report, KVOL_KUBE_ERROR, root, NULL, "Object 'Kind' is missing");
  else if (api_version == NULL || *api_version == '\0')
    kube_report_node (report, KVOL_KUBE_ERROR, root, NULL, "Object 'apiVersion' is missing");
  else
    {
      found = find_kind (api_version, kind, &is_mistaken);
      if (is_mistaken)
        kube_report_node (report, KVOL_KUBE_ERROR, root, "apiVersion",
                          "no matches for kind \"%s\" in version \"%.64s\"", kind, api_version);
      else if (found == NULL || found->type == NULL)
        kube_report_node (report, KVOL_KUBE_NOTE, root, NULL, "skipped: %s",
                          found ? found->skipped : "this kind has nothing to do with volumes");
    }
  return found != NULL && found->type != NULL ? found : NULL;
}

static void
read_object (KubeReport *report, KubeNode *root, gboolean damaged, KubeObjectFunc each, gpointer data)
{
  KubeNode *metadata = kube_node_get_map (root, "metadata");
  const char *name = kube_node_get_string (metadata, "name");
  const char *ns = kube_node_get_string (metadata, "namespace");
  const KubeKind *kind;

  kube_report_begin_object (report, kube_node_get_string (root, "kind"), name);
  kind = identify (report, root);
  if (kind == NULL)
    kube_node_free (root);
  else
    {
      KubeObject *object = g_new0 (KubeObject, 1);

      object->kind = kind;
      object->root = root;
      object->name = name;
      object->ns = kind->is_global ? "" : ns != NULL && *ns != '\0' ? ns : "default";
      root->faulty = damaged;
      kube_type_check (kind->type, root, report);
      each (object, data);
    }
  kube_report_end_object (report);
}

/* The items of a typed list, "ConfigMapList", need not say what they are. */
static void
inherit (KubeNode *item, const char *key, const char *value)
{
  if (item->type == KUBE_MAP && kube_node_get (item, key) == NULL)
    kube_node_take (item, key, kube_node_new_string (value, strlen (value), item->line));
}

void
kube_objects_read (KubeReport *report, KubeNode *root, gboolean damaged, KubeObjectFunc each, gpointer data)
{
  g_autoptr (KubeNode) list = root;
  const char *kind = kube_node_get_string (root, "kind");
  const char *api_version = kube_node_get_string (root, "apiVersion");
  KubeNode *items = kube_node_get_list (root, "items");

  if (kind == NULL || !g_str_has_suffix (kind, "List") || items == NULL)
    {
      read_object (report, g_steal_pointer (&list), damaged, each, data);
      return;
    }

  g_autofree char *item_kind = g_strndup (kind, strlen (kind) - strlen ("List"));
  g_autoptr (GPtrArray) children = kube_node_steal_children (items);

  g_ptr_array_set_free_func (children, NULL);
  for (guint i = 0; i < children->len; i++)
    {
      KubeNode *item = children->pdata[i];

      if (*item_kind != '\0' && api_version != NULL)
        {
          inherit (item, "kind", item_kind);
          inherit (item, "apiVersion", api_version);
        }
      g_clear_pointer (&item->key, g_free);
      kube_objects_read (report, item, damaged, each, data);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/api/pod/warnings.go, pkg/api/persistentvolume, pkg/api/persistentvolumeclaim, pkg/api/node and the
 * WarningsOnCreate of the registries. Like there, only an object without an error gets any. */
#include "validate/warning.h"

#include <string.h>

#include "manifest/hash.h"
#include "manifest/types.h"
#include "validate/name.h"
#include "validate/overlap.h"
#include "validate/resources.h"

#define STORAGE_CLASS "volume.beta.kubernetes.io/storage-class"
#define MOUNT_OPTIONS "volume.beta.kubernetes.io/mount-options"

static void
advise (KubeReport *report, KubeNode *node, const char *field, const char *text)
{
  kube_report_node (report, KVOL_KUBE_ADVICE, node, field, "%s", text);
}

/* ---- values ---- */

static void
advise_fraction (KubeNode *amount, KubeReport *report)
{
  g_autofree char *text = kube_node_dup_text (amount);
  gint64 value = 0;

  if (!kube_resource_read (amount, &value) || value % 1000 == 0)
    return;

  g_autofree char *quoted = kube_node_quote (text);

  kube_report_node (report, KVOL_KUBE_ADVICE, amount, NULL, "fractional byte value %s is invalid, must be an integer",
                    quoted);
}

/* Of a row that every object of the type has. */
static void
advise_row (const KubeField *field, KubeNode *object, KubeNode *value, gpointer data)
{
  static const char *const bytes[] = { "memory", "ephemeral-storage", "storage" };
  KubeReport *report = data;

  if (value == NULL)
    return;
  if (field->deprecated != NULL)
    advise (report, value, NULL, field->deprecated);
  if (field->value != KUBE_VALUE_RESOURCE)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    {
      KubeNode *amount = kube_node_get (value, bytes[i]);

      if (amount != NULL)
        advise_fraction (amount, report);
    }
}

/* ---- labels of nodes ---- */

static const struct
{
  const char *label;
  const char *why;
} old_labels[] = {
  { "beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead" },
  { "beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead" },
  { "failure-domain.beta.kubernetes.io/region",
    "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead" },
  { "failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead" },
  { "beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead" },
};

static const char *
find_old_label (const char *label)
{
  for (guint i = 0; i < G_N_ELEMENTS (old_labels); i++)
    if (g_strcmp0 (label, old_labels[i].label) == 0)
      return old_labels[i].why;
  return NULL;
}

static void
advise_expressions (KubeNode *expressions, KubeReport *report)
{
  for (guint i = 0; i < kube_node_length (expressions); i++)
    {
      KubeNode *expression = kube_node_child (expressions, i);
      const char *key = kube_node_get_string (expression, "key");
      const char *why = find_old_label (key);

      if (why != NULL)
        kube_report_node (report, KVOL_KUBE_ADVICE, expression, "key", "%s is %s", key, why);
    }
}

/* ---- the pod ---- */

/* X="$(X) and more" builds on the one before; anything else hides it. */
static gboolean
hides (KubeNode *variable, const char *name)
{
  const char *value = kube_node_get_string (variable, "value");
  g_autofree char *ref = g_strdup_printf ("$(%s)", name);

  return kube_node_get (variable, "valueFrom") != NULL || value == NULL || g_str_equal (value, ref)
         || strstr (value, ref) == NULL;
}

static void
advise_env (KubeNode *container, KubeReport *report)
{
  KubeNode *env = kube_node_get_list (container, "env");
  g_autoptr (GHashTable) names = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (env); i++)
    {
      KubeNode *variable = kube_node_child (env, i);
      const char *name = kube_node_get_string (variable, "name");
      g_autofree char *quoted = kube_node_quote (name ? name : "");

      if (name != NULL && !g_hash_table_add (names, (gpointer) name) && hides (variable, name))
        kube_report_node (report, KVOL_KUBE_ADVICE, variable, NULL,
                          "hides previous definition of %s, which may be dropped when using apply", quoted);
    }
}

/* Objects of a list that should have a field of their own each. */
static void
advise_duplicates (KubeNode *list, const char *field, KubeReport *report)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (kube_hash_text, g_str_equal);

  for (guint i = 0; i < kube_node_length (list); i++)
    {
      KubeNode *object = kube_node_child (list, i);
      const char *text = kube_node_get_string (object, field);
      g_autofree char *quoted = kube_node_quote (text ? text : "");

      if (text != NULL && !g_hash_table_add (seen, (gpointer) text))
        kube_report_node (report, KVOL_KUBE_ADVICE, object, field, "duplicate %s %s", field, quoted);
    }
}

static void
advise_pod (KubeNode *spec, KubeReport *report)
{
  static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };
  KubeNode *selector = kube_node_get_map (spec, "nodeSelector");
  KubeNode *volumes = kube_node_get_list (spec, "volumes");

  for (guint i = 0; i < kube_node_length (selector); i++)
    {
      const char *why = find_old_label (kube_node_child (selector, i)->key);

      if (why != NULL)
        advise (report, kube_node_child (selector, i), NULL, why);
    }
  for (guint i = 0; i < kube_node_length (volumes); i++)
    kube_overlap_advise (kube_node_child (volumes, i), report);
  advise_duplicates (kube_node_get_list (spec, "hostAliases"), "ip", report);
  advise_duplicates (kube_node_get_list (spec, "imagePullSecrets"), "name", report);
  for (guint list = 0; list < G_N_ELEMENTS (lists); list++)
    {
      KubeNode *containers = kube_node_get_list (spec, lists[list]);

      for (guint i = 0; i < kube_node_length (containers); i++)
        advise_env (kube_node_child (containers, i), report);
    }
  if (kube_node_get_int (spec, "terminationGracePeriodSeconds", 0) < 0)
    advise (report, spec, "terminationGracePeriodSeconds",
            "must be >= 0; negative values are invalid and will be treated as 1");
}

/* ---- objects ---- */

static void
append_why (const char *why, gpointer data)
{
  GString *all = data;

  g_string_append_printf (all, "%s%s", all->len > 0 ? " " : "", why);
}

/* A name that is longer, or has dots, is no host's. A DaemonSet's pods are not called after it in public. */
static void
advise_name (const KubeObject *object, KubeReport *report)
{
  gboolean is_pod = object->kind->pods == KUBE_PODS_SELF;
  g_autoptr (GString) whys = g_string_new (NULL);

  if (object->name == NULL || object->kind->pods == KUBE_PODS_NONE || object->kind->type == &kube_type_DaemonSet)
    return;
  kube_name_check_label (object->name, append_why, whys);
  if (whys->len > 0)
    kube_report_node (report, KVOL_KUBE_ADVICE, kube_node_get (object->root, "metadata"), "name",
                      "this is used in %s, which can result in surprising behavior; a DNS label is recommended: [%s]",
                      is_pod ? "the Pod's hostname" : "Pod names and hostnames", whys->str);
}

static void
advise_annotations (const KubeObject *object, KubeReport *report)
{
  KubeNode *annotations = kube_node_get_map (kube_node_get_map (object->root, "metadata"), "annotations");
  gboolean is_volume = object->kind->type == &kube_type_PersistentVolume;
  KubeNode *class = kube_node_get (annotations, STORAGE_CLASS);
  KubeNode *options = kube_node_get (annotations, MOUNT_OPTIONS);

  if (class != NULL && (is_volume || object->kind->type == &kube_type_PersistentVolumeClaim))
    advise (report, class, NULL, "deprecated since v1.8; use \"storageClassName\" attribute instead");
  if (options != NULL && is_volume)
    advise (report, options, NULL, "deprecated since v1.31; use \"mountOptions\" attribute instead");
}

static void
advise_volume (KubeNode *spec, KubeReport *report)
{
  KubeNode *terms = kube_node_get_list (kube_node_find (spec, "nodeAffinity/required"), "nodeSelectorTerms");

  for (guint i = 0; i < kube_node_length (terms); i++)
    advise_expressions (kube_node_get_list (kube_node_child (terms, i), "matchExpressions"), report);
  if (g_strcmp0 (kube_node_get_string (spec, "persistentVolumeReclaimPolicy"), "Recycle") == 0)
    advise (report, spec, "persistentVolumeReclaimPolicy",
            "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic "
            "provisioning.");
}

void
kube_warnings_advise (const KubeObject *object, KubeReport *report)
{
  KubeNode *template = kube_object_get_template (object);
  KubeNode *spec = kube_node_get_map (object->root, "spec");

  kube_type_visit (object->kind->type, object->root, advise_row, report);
  advise_name (object, report);
  advise_annotations (object, report);
  if (template != NULL)
    advise_pod (kube_node_get_map (template, "spec"), report);
  else if (object->kind->type == &kube_type_PersistentVolume)
    advise_volume (spec, report);
}

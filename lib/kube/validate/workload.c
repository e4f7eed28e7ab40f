/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream pkg/apis/apps/validation, pkg/apis/batch/validation and, for the ReplicationController,
 * pkg/apis/core/validation. */
#include "validate/workload.h"

#include "manifest/json.h"
#include "manifest/types.h"
#include "validate/label.h"

/* What runs for ever, and what upstream calls it where it says so. */
static const struct
{
  const KubeType *type;
  const char *kind;     /* of its pods' deadline */
  const char *selector; /* of its empty selector */
} services[] = {
  { &kube_type_DaemonSet, "DaemonSet", "daemonset" },
  { &kube_type_Deployment, "ReplicaSet", "deployment" },
  { &kube_type_ReplicaSet, "ReplicaSet", "deployment" },
  { &kube_type_ReplicationController, "ReplicationController", NULL },
  { &kube_type_StatefulSet, "StatefulSet", "statefulset" },
};

static void
report_labels (KubeNode *template, KubeReport *report)
{
  KubeNode *metadata = kube_node_get_map (template, "metadata");
  KubeNode *labels = kube_node_get (metadata, "labels");
  g_autofree char *json = labels ? kube_node_dup_json (labels) : g_strdup ("null");
  const char *why = "`selector` does not match template `labels`";

  if (metadata != NULL)
    kube_report_value (report, metadata, "labels", json, why);
  else
    kube_report_value (report, template, "metadata.labels", json, why);
}

/* A selector that is wrong in itself was reported already. */
static void
check_selector (KubeNode *spec, KubeNode *template, const char *name, KubeReport *report)
{
  KubeNode *selector = kube_node_get_map (spec, "selector");
  KubeNode *labels = kube_node_get_map (kube_node_get_map (template, "metadata"), "labels");

  if (selector == NULL || selector->faulty)
    return;
  if (kube_selector_is_empty (selector))
    {
      g_autofree char *why = g_strdup_printf ("empty selector is invalid for %s", name);

      kube_report_value (report, selector, NULL, "{}", why);
    }
  else if (!kube_selector_matches (selector, labels))
    report_labels (template, report);
}

/* A ReplicationController's is a plain map, and its default is the template's labels. */
static void
check_plain_selector (KubeNode *spec, KubeNode *template, KubeReport *report)
{
  KubeNode *selector = kube_node_get_map (spec, "selector");
  KubeNode *labels = kube_node_get_map (kube_node_get_map (template, "metadata"), "labels");

  if (kube_node_length (selector) == 0 && kube_node_length (labels) == 0)
    kube_report_required (report, spec, "selector", NULL);
  else if (!kube_selector_map_matches (selector, labels))
    report_labels (template, report);
}

static void
check_service (KubeNode *spec, KubeNode *template, guint service, KubeReport *report)
{
  static const char *const always[] = { "Always", NULL };
  KubeNode *pod = kube_node_get_map (template, "spec");
  KubeNode *policy = kube_node_get (pod, "restartPolicy");

  if (services[service].selector != NULL)
    check_selector (spec, template, services[service].selector, report);
  else
    check_plain_selector (spec, template, report);
  if (policy != NULL && policy->type == KUBE_STRING && *policy->string != '\0' && !policy->faulty
      && !g_str_equal (policy->string, "Always"))
    kube_report_unsupported (report, policy, always);
  if (kube_node_get (pod, "activeDeadlineSeconds") != NULL)
    {
      g_autofree char *why = g_strdup_printf ("activeDeadlineSeconds in %s is not Supported", services[service].kind);

      kube_report_forbidden (report, pod, "activeDeadlineSeconds", why);
    }
}

/* What ends must not be started again for ever. */
static void
check_job (KubeNode *spec, KubeNode *template, KubeReport *report)
{
  KubeNode *pod = kube_node_get_map (template, "spec");
  KubeNode *node = kube_node_get (pod, "restartPolicy");
  const char *policy = kube_node_get_string (pod, "restartPolicy");

  if (g_strcmp0 (kube_node_get_string (spec, "completionMode"), "Indexed") == 0
      && kube_node_get (spec, "completions") == NULL)
    kube_report_required (report, spec, "completions", "when completion mode is Indexed");
  if (pod == NULL || (node != NULL && node->type != KUBE_STRING))
    return;
  if (policy == NULL || *policy == '\0' || g_str_equal (policy, "Always"))
    kube_report_required (report, pod, "restartPolicy", "valid values: \"OnFailure\", \"Never\"");
}

void
kube_workload_check (const KubeObject *object, KubeReport *report)
{
  KubeNode *template = kube_object_get_template (object);
  KubeNode *spec = template && template->parent ? template->parent : NULL;

  if (spec == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (services); i++)
    if (object->kind->type == services[i].type)
      check_service (spec, template, i, report);
  if (object->kind->type == &kube_type_Job || object->kind->type == &kube_type_CronJob)
    check_job (spec, template, report);
}

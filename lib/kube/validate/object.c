/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/object.h"

#include "manifest/types.h"
#include "validate/container.h"
#include "validate/data.h"
#include "validate/rule.h"
#include "validate/volume.h"

static void
check_name (const KubeObject *object, KubeReport *report)
{
  KubeNode *metadata = kube_node_get (object->root, "metadata");
  KubeNode *name = kube_node_get (metadata, "name");
  const char *prefix = kube_node_get_string (metadata, "generateName");

  /* Of the wrong type is not missing. */
  if ((metadata != NULL && metadata->type != KUBE_MAP) || (name != NULL && name->type != KUBE_STRING))
    return;
  if (name != NULL && *name->string != '\0')
    return;
  if (prefix != NULL && *prefix != '\0')
    kube_report_node (report, KVOL_KUBE_WARNING, object->root, "metadata.name",
                      "needed: there is no API server here that could generate one");
  else
    kube_report_required (report, object->root, "metadata.name", "name or generateName is required");
}

static void
check_template (const KubeObject *object, KubeReport *report)
{
  KubeNode *spec = kube_node_get_map (kube_object_get_template (object), "spec");
  KubeNode *claims = kube_node_get_list (kube_node_get_map (object->root, "spec"), "volumeClaimTemplates");

  if (spec == NULL)
    return;

  g_autoptr (GHashTable) volumes = kube_volumes_check (spec, claims, report);

  kube_containers_check (spec, volumes, report);
}

void
kube_object_check (const KubeObject *object, KubeReport *report)
{
  check_name (object, report);
  kube_rules_check (object->kind->type, object->root, report);
  if (object->kind->type == &kube_type_ConfigMap)
    kube_config_map_check (object->root, report);
  else if (object->kind->type == &kube_type_Secret)
    kube_secret_check (object->root, report);
  else
    check_template (object, report);
}

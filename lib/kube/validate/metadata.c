/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/metadata.h"

#include <string.h>

#define MAX_ANNOTATION_BYTES (256 * 1024)

static void
check_name (const KubeObject *object, KubeNode *metadata, KubeReport *report)
{
  KubeNode *name = kube_node_get (metadata, "name");
  const char *prefix = kube_node_get_string (metadata, "generateName");

  if (name != NULL && (name->type != KUBE_STRING || *name->string != '\0'))
    return;
  if (prefix != NULL && *prefix != '\0')
    kube_report_node (report, KVOL_KUBE_WARNING, object->root, "metadata.name",
                      "needed: there is no API server here that could generate one");
  else
    kube_report_required (report, object->root, "metadata.name", "name or generateName is required");
}

static void
check_annotations (KubeNode *metadata, KubeReport *report)
{
  KubeNode *annotations = kube_node_get_map (metadata, "annotations");
  gsize size = 0;

  for (guint i = 0; i < kube_node_length (annotations); i++)
    {
      KubeNode *annotation = kube_node_child (annotations, i);

      size += strlen (annotation->key) + (annotation->type == KUBE_STRING ? strlen (annotation->string) : 0);
    }
  if (size > MAX_ANNOTATION_BYTES)
    kube_report_too_long (report, metadata, "annotations", MAX_ANNOTATION_BYTES);
}

void
kube_metadata_check (const KubeObject *object, KubeReport *report)
{
  KubeNode *metadata = kube_node_get (object->root, "metadata");
  const char *ns = kube_node_get_string (metadata, "namespace");

  /* Of the wrong type is not missing. */
  if (metadata != NULL && metadata->type != KUBE_MAP)
    return;
  check_name (object, metadata, report);
  check_annotations (metadata, report);
  if (object->kind->is_global && ns != NULL && *ns != '\0')
    kube_report_forbidden (report, metadata, "namespace", "not allowed on this type");
}

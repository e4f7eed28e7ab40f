/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/pod.h"

#include "validate/container.h"
#include "validate/volume.h"

/* A template may leave the image open; a pod cannot. */
static void
check_images (KubeNode *spec, KubeReport *report)
{
  KubeNode *volumes = kube_node_get_list (spec, "volumes");

  for (guint i = 0; i < kube_node_length (volumes); i++)
    {
      KubeNode *image = kube_node_get_map (kube_node_child (volumes, i), "image");
      KubeNode *reference = kube_node_get (image, "reference");

      if (image != NULL && (reference == NULL || (reference->type == KUBE_STRING && *reference->string == '\0')))
        kube_report_required (report, image, "reference", NULL);
    }
}

void
kube_pod_check (const KubeObject *object, KubeNode *template, KubeReport *report)
{
  KubeNode *spec = kube_node_get_map (template, "spec");
  KubeNode *claims = kube_node_get_list (kube_node_get_map (object->root, "spec"), "volumeClaimTemplates");
  gboolean is_pod = template == object->root;

  if (spec == NULL)
    return;
  if (is_pod)
    check_images (spec, report);
  else if (kube_node_length (kube_node_get_list (spec, "ephemeralContainers")) > 0)
    kube_report_forbidden (report, spec, "ephemeralContainers", "ephemeral containers not allowed in pod template");

  g_autoptr (GHashTable) volumes = kube_volumes_check (spec, is_pod ? object->name : NULL, claims, report);

  kube_containers_check (spec, volumes, report);
}

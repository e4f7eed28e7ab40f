/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upstream names the volume as the place; the file is the better one when there are several. */
#include "validate/downward-api.h"

void
kube_downward_file_check (KubeNode *file, KubeReport *report)
{
  gboolean has_field = kube_node_get (file, "fieldRef") != NULL;
  gboolean has_resource = kube_node_get (file, "resourceFieldRef") != NULL;

  if (has_field && has_resource)
    kube_report_value (report, file, NULL, "\"resource\"",
                       "fieldRef and resourceFieldRef can not be specified simultaneously");
  if (!has_field && !has_resource)
    kube_report_required (report, file, NULL, "one of fieldRef and resourceFieldRef is required");
}

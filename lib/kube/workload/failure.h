/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libkvol says of a pod, said of the object that the pod is made of. */
#pragma once

#include "manifest/kind.h"
#include "manifest/report.h"

/* Reports @error, of kvol_pod_new(). Its message begins with a field's path in the pod, which becomes the path in
 * @object ("spec.template.spec.volumes[0]"), with the line of what is there of it. */
void kube_failure_report (KubeReport *report, const KubeObject *object, const GError *error);

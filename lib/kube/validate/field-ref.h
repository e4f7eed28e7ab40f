/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the downward API refers to: fields of the pod, resources of a container. */
#pragma once

#include "manifest/report.h"

/* Of a "fieldRef", in a volume and in the environment, which may ask for different ones. */
void kube_field_ref_check_in_volume (KubeNode *ref, KubeReport *report);
void kube_field_ref_check_in_env    (KubeNode *ref, KubeReport *report);

/* Of a "resourceFieldRef". */
void kube_resource_ref_check (KubeNode *ref, KubeReport *report);

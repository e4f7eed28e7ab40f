/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The volumes of a pod, as a whole. */
#pragma once

#include "manifest/report.h"

/* Of one volume: it has one source. */
void kube_volume_check (KubeNode *volume, KubeReport *report);

/* The names that a container may use, each with its volume or claim template; the strings are the nodes' own. @pod is
 * the name of the pod, NULL of a template, which gives its pods names of their own. */
GHashTable *kube_volumes_check (KubeNode *spec, const char *pod, KubeNode *claim_templates, KubeReport *report);

/* Whether a name stands for a claim, which alone can be a device. */
gboolean kube_volume_is_claim (KubeNode *volume);

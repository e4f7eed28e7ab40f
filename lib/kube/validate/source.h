/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sources of volumes whose fields depend on each other, or have words of their own. */
#pragma once

#include "manifest/field.h"

/* Of several sources of an object the first in the API server's order counts, and each further one is refused. Answers
 * how many there are. */
guint kube_sources_check (const KubeType *type, KubeNode *object, KubeReport *report);

void kube_source_check_nfs (KubeNode *nfs, KubeReport *report);

/* The name of a CSI driver, "" too. */
void kube_source_check_csi (KubeNode *csi, KubeReport *report);

/* One option of a flexVolume. */
void kube_source_check_option (KubeNode *option, KubeReport *report);

/* A secret that a volume of a pod, or one of a cluster, points at. */
void kube_source_check_secret         (KubeNode *ref, KubeReport *report);
void kube_source_check_cluster_secret (KubeNode *ref, KubeReport *report);

/* The metadata of an ephemeral volume's claim, which has no name of its own. */
void kube_source_check_claim_meta (KubeNode *metadata, KubeReport *report);

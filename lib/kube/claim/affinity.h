/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which nodes a volume can be reached from (upstream k8s.io/component-helpers/scheduling/corev1/nodeaffinity). */
#pragma once

#include "claim/host.h"
#include "manifest/node.h"

/* Whether @host is one of them; @affinity is a VolumeNodeAffinity, or NULL, which is all nodes. */
gboolean kube_affinity_matches (const KubeNode *affinity, const KubeHost *host);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The volumes of a pod, as a whole. */
#pragma once

#include "manifest/report.h"

/* The names that a container may use, each with its volume or claim template; the strings are the nodes' own. */
GHashTable *kube_volumes_check (KubeNode *spec, KubeNode *claim_templates, KubeReport *report);

/* Whether a name stands for a claim, which alone can be a device. */
gboolean kube_volume_is_claim (KubeNode *volume);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* Of a PersistentVolume as a whole; of one that takes the place of @older; of what it says of the nodes that reach
 * it. */
void kube_persistent_volume_check          (KubeNode *root, KubeReport *report);
void kube_persistent_volume_check_update   (KubeNode *root, KubeNode *older, KubeReport *report);
void kube_persistent_volume_check_affinity (KubeNode *affinity, KubeReport *report);

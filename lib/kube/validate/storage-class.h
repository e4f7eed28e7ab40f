/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* Of a StorageClass as a whole; of one of its topologies; of one expression there. */
void kube_storage_class_check            (KubeNode *root, KubeReport *report);
/* Of one that takes the place of @older. */
void kube_storage_class_check_update     (KubeNode *root, KubeNode *older, KubeReport *report);
void kube_storage_class_check_topology   (KubeNode *term, KubeReport *report);
void kube_storage_class_check_expression (KubeNode *expression, KubeReport *report);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConfigMaps and Secrets. */
#pragma once

#include "manifest/report.h"

#define KUBE_MAX_DATA 1048576 /* bytes in all, of one object */

void kube_config_map_check (KubeNode *root, KubeReport *report);
void kube_secret_check     (KubeNode *root, KubeReport *report);

/* Of one that takes the place of @older. */
void kube_config_map_check_update (KubeNode *root, KubeNode *older, KubeReport *report);
void kube_secret_check_update     (KubeNode *root, KubeNode *older, KubeReport *report);

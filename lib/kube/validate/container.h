/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The containers of a pod, and what each of them mounts. */
#pragma once

#include "manifest/report.h"

/* @volumes: of kube_volumes_check(). */
void kube_containers_check (KubeNode *spec, GHashTable *volumes, KubeReport *report);

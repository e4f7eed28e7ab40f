/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* The volumeMounts of one container. @volumes: of kube_volumes_check(). */
void kube_mounts_check (KubeNode *container, GHashTable *volumes, KubeReport *report);

/* Of one volumeMount alone: what its fields say of each other. */
void kube_mount_check (KubeNode *mount, KubeReport *report);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* The volumeDevices of one container. @volumes: of kube_volumes_check(). */
void kube_devices_check (KubeNode *container, GHashTable *volumes, KubeReport *report);

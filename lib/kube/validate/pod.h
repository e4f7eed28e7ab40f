/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/kind.h"

/* Of an object's pod or template: what its volumes and containers say of each other. */
void kube_pod_check (const KubeObject *object, KubeNode *template, KubeReport *report);

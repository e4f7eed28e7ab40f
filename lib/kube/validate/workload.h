/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/kind.h"

/* Of what makes pods: how it finds them again, and what it can make. */
void kube_workload_check (const KubeObject *object, KubeReport *report);

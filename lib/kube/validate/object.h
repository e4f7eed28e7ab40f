/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that the API server would say about an object, in one go, as far as volumes are concerned. */
#pragma once

#include "manifest/kind.h"

void kube_object_check (const KubeObject *object, KubeReport *report);

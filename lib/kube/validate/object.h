/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that the API server would say about an object, in one go, as far as volumes are concerned. */
#pragma once

#include "manifest/kind.h"

/* @older, which may be NULL, is what it takes the place of. */
void kube_object_check (const KubeObject *object, const KubeObject *older, KubeReport *report);

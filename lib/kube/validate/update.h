/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may not change once an object is there. */
#pragma once

#include "manifest/kind.h"

/* Everything that the API server would say about @object taking the place of @older, which is of its kind, namespace
 * and name, as far as volumes are concerned. What @object says by itself is kube_object_check()'s business; both have
 * passed kube_type_check() without an error. */
void kube_update_check (const KubeObject *object, const KubeObject *older, KubeReport *report);

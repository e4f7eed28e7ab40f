/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/kind.h"

/* Of the name, the namespace and all the annotations of an object. */
void kube_metadata_check (const KubeObject *object, KubeReport *report);

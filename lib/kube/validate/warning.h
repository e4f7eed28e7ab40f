/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/kind.h"

/* What the API server warns of when it accepts an object, and goes on. */
void kube_warnings_advise (const KubeObject *object, KubeReport *report);

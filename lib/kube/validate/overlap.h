/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/report.h"

/* Advice about a volume of which one path lies in another's way. */
void kube_overlap_advise (KubeNode *volume, KubeReport *report);

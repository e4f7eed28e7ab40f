/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What claims ask for, and what a volume says alike. */
#pragma once

#include "manifest/report.h"

/* Of the spec of a claim, or of a template for one. */
void kube_claim_check (KubeNode *spec, KubeReport *report);

/* Of a claim that takes the place of @older. */
void kube_claim_check_update (KubeNode *root, KubeNode *older, KubeReport *report);

/* Of "dataSource" and "dataSourceRef". */
void kube_claim_check_data_source (KubeNode *source, KubeReport *report);

/* Of the "accessModes" of a claim or a volume: one of them does not go with others. */
void kube_access_modes_check (KubeNode *spec, KubeReport *report);

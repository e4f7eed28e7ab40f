/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Projected volumes: many sources, one directory. */
#pragma once

#include "manifest/report.h"

/* Of the whole volume, of one of its sources, and of what only a projected volume has. */
void kube_projected_check              (KubeNode *volume, KubeReport *report);
void kube_projected_check_source       (KubeNode *source, KubeReport *report);
void kube_projected_check_token_life   (KubeNode *seconds, KubeReport *report);
void kube_projected_check_trust_bundle (KubeNode *bundle, KubeReport *report);
void kube_projected_check_certificate  (KubeNode *certificate, KubeReport *report);

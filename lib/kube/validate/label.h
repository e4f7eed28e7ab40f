/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels and annotations of objects, and the selectors that look for them. */
#pragma once

#include "manifest/report.h"

/* Of one label, one annotation. */
void kube_label_check      (KubeNode *label, KubeReport *report);
void kube_annotation_check (KubeNode *annotation, KubeReport *report);

/* Of one of "matchExpressions", one of the "matchFields" of a node selector. */
void kube_label_check_expression (KubeNode *expression, KubeReport *report);
void kube_label_check_node_expression (KubeNode *expression, KubeReport *report);
void kube_label_check_node_field (KubeNode *expression, KubeReport *report);

/* Whether a LabelSelector asks for anything, and whether @labels, which may be NULL, are what it asks for. */
gboolean kube_selector_is_empty (KubeNode *selector);
gboolean kube_selector_matches (KubeNode *selector, KubeNode *labels);
/* The same of a map of labels, of which each must be there. */
gboolean kube_selector_map_matches (KubeNode *map, KubeNode *labels);

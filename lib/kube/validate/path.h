/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths that a manifest gives (upstream pkg/apis/core/validation). They are looked at as they are written. */
#pragma once

#include "manifest/report.h"

gboolean kube_path_has_backsteps (const char *path);

/* Of a string: no "..", a relative path besides, and none that begins with ".." besides. */
void kube_path_check_no_backsteps (KubeNode *node, KubeReport *report);
void kube_path_check_descending   (KubeNode *node, KubeReport *report);
void kube_path_check_not_reserved (KubeNode *node, KubeReport *report);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/field.h"

/* Whether two values of a field, or two objects, mean the same to an API server (upstream's semantic equality): what is
 * absent is the default, and as good as empty; "1Gi" is "1024Mi"; keys have no order; fields that no row knows do not
 * count. NULL is absent. Both have passed kube_type_check() without an error. */
gboolean kube_field_equal (const KubeField *field, KubeNode *a, KubeNode *b);
gboolean kube_type_equal  (const KubeType *type, KubeNode *a, KubeNode *b);

/* The same of one field of two objects. */
gboolean kube_type_equal_at (const KubeType *type, const char *name, KubeNode *a, KubeNode *b);

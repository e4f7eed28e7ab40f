/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of the field tables say about values: required, one of, a rule, unsupported. */
#pragma once

#include "manifest/field.h"

void kube_rules_check (const KubeType *type, KubeNode *object, KubeReport *report);

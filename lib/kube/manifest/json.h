/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "manifest/node.h"

/* A node as JSON without white space, keys sorted by their bytes. Two manifests that mean the same in other words
 * (comments, quotes, order of keys) are one. */
char *kube_node_dup_json (const KubeNode *node);

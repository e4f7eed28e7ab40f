/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The identity of a pod that has none: it follows from its place and its spec, so that a second run finds the first
 * one's volumes, and a changed spec is a new pod, as with the kubelet's static pods. */
#pragma once

#include "manifest/node.h"

/* The hex SHA-256 of a spec, before defaults; @spec may be NULL. */
char *kube_spec_digest (const KubeNode *spec);

/* The name-based UUID (version 5) of "NAMESPACE/NAME/DIGEST". */
char *kube_pod_uid (const char *ns, const char *name, const char *digest);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From objects to pods. */
#pragma once

#include <kvol/kvol-pod.h>

#include "manifest/kind.h"

/* On one node, of all manifests together: one line of YAML can ask for two thousand million, and each is a copy of its
 * template. */
#define KUBE_MAX_PODS      2500
#define KUBE_MAX_COPIES    75000 /* of values, in all pods but the first of each template */
#define KUBE_MAX_POD_NODES 6000  /* values in one of them */

/* How many pods an object asks for. */
guint64 kube_pods_count (const KubeObject *object);

/* Makes them, of an object without faults. @each gets each pod as its own. */
typedef void (*KubePodFunc) (KvolPod *pod, gpointer data);
gboolean kube_pods_make (const KubeObject *object, KubePodFunc each, gpointer data, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From objects to pods. */
#pragma once

#include <kvol/kvol-pod.h>

#include "manifest/kind.h"

/* On one node, of all manifests together: one line of YAML can ask for two thousand million. Their nodes are counted
 * too, because each pod is a reading of its template. */
#define KUBE_MAX_PODS      10000
#define KUBE_MAX_POD_NODES 2000000

/* How many pods an object asks for. */
guint64 kube_pods_count (const KubeObject *object);

/* Makes them, of an object without faults. @each gets each pod as its own. */
typedef void (*KubePodFunc) (KvolPod *pod, gpointer data);
gboolean kube_pods_make (const KubeObject *object, KubePodFunc each, gpointer data, GError **error);

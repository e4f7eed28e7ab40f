/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From objects to pods. */
#pragma once

#include <kvol/kvol-pod.h>

#include "workload/volumes.h"

/* On one node, of all manifests together: one line of YAML can ask for two thousand million, and each is a copy of its
 * template. */
#define KUBE_MAX_PODS      2500
#define KUBE_MAX_COPIES    75000 /* of values, in all pods but the first of each template */
#define KUBE_MAX_POD_NODES 6000  /* values in one of them */

/* How many pods an object asks for. */
guint64 kube_pods_count (const KubeObject *object);

/* What the pod of that index is called. */
char *kube_pods_dup_name (const KubeObject *object, guint64 index);

/* The UID that a Pod brings, or NULL. */
KubeNode *kube_pods_get_uid (const KubeObject *object);

/* Makes them, of an object without faults; they run on the node called @node unless they name another one. @each gets
 * each pod as its own. @claims may be NULL for an object that needs none; a pod whose claims have no volumes is left
 * out, after a report. */
typedef void (*KubePodFunc) (KvolPod *pod, guint64 index, gpointer data);
gboolean kube_pods_make (const KubeObject *object, const char *node, KubeClaims *claims, KubePodFunc each,
                         gpointer data, GError **error);

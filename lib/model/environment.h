/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container's environment, as Kubernetes makes it (upstream pkg/kubelet, makeEnvironmentVariables): envFrom first,
 * then env, which may refer to what came before it. There are no variables of services: kvol knows none. */
#pragma once

#include "model/downward.h"

/* What there is around the pod. */
typedef struct {
  /* A ConfigMap or Secret of the pod's namespace as a KvolStore answers; ABSENT only when it is not there. */
  GVariant *(*get_object) (gpointer data, const char *kind, const char *ns, const char *name, GError **error);
  gpointer         data;
  ModelAllocatable node;
} ModelSurroundings;

/* Name to value, both char *; values are wiped when they are freed, for they may be of a Secret. ABSENT: an object or a
 * key is not there. */
GHashTable *model_environment_new (const ModelPod *pod, const ModelContainer *container,
                                   const ModelSurroundings *around, GError **error);

/* A subPathExpr with the variables of @environment. One that is not there, or is empty, is an error (upstream
 * pkg/kubelet/container, ExpandContainerVolumeMounts), and so is a result that is no subPath. The caller frees it. */
char *model_environment_expand_path (GHashTable *environment, const char *expression, GError **error);

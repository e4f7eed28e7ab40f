/* SPDX-License-Identifier: MIT */
/* A container's environment, as Kubernetes makes it (`pkg/kubelet/kubelet_pods.go`, makeEnvironmentVariables): envFrom
 * first, then env, which may refer to what came before it. */
#pragma once

#include <kvol/kvol.h>

/* (transfer full): name to value. @store: where ConfigMaps and Secrets are. */
GHashTable *environment_new (KvolPod *pod, GVariant *container, KvolStore *store, GError **error);

/* @text with "$(NAME)" replaced where @environment has NAME, and "$$" by "$". The caller frees it. */
char       *environment_expand (GHashTable *environment, const char *text);

/* (transfer full): "NAME=value" each, sorted. */
char      **environment_to_strings (GHashTable *environment);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The downward API: what a pod tells its containers about itself, in files and in variables (upstream pkg/fieldpath,
 * pkg/api/v1/resource). Every error is INVALID_SPEC unless it says otherwise. */
#pragma once

#include "model/pod.h"

/* What the node has to give: the limits of a container that has none. */
typedef struct {
  gint64 milli_cpu;
  gint64 memory;            /* bytes */
  gint64 ephemeral_storage; /* bytes; 0: not known */
} ModelAllocatable;

/* What a fieldRef's @path means in a file: a part of the pod's metadata. The caller frees it. */
char *model_downward_metadata (const ModelPod *pod, const char *path, GError **error);

/* The same in a variable, where parts of the spec and the status are known too; "" as long as the object does not say
 * them. */
char *model_downward_field    (const ModelPod *pod, const char *path, GError **error);

/* What a resourceFieldRef means: @resource ("limits.cpu", ...) of @container in units of @divisor (0: 1), which is in
 * bytes, or thousandths for cpu. Rounded up. */
char *model_downward_resource (const ModelPod *pod, const char *container, const char *resource, gint64 divisor,
                               const ModelAllocatable *node, GError **error);

/* The same of a container whose own environment asks, of whichever kind it is. */
char *model_downward_own_resource (GVariant *container, const char *resource, gint64 divisor,
                                   const ModelAllocatable *node, GError **error);

/* Whether the options of a volume of @plugin have references to resolve. */
gboolean model_downward_is_in (const char *plugin, GVariant *options);

/* The options of such a volume, in which each item of a downwardAPI has got its `content` or `error` (see kvol-abi.h).
 * (transfer full) */
GVariant *model_downward_resolve (const ModelPod *pod, const ModelVolume *volume, const ModelAllocatable *node);

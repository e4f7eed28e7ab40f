/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol/kvol.h>

/* The field of @pod that an environment variable's fieldRef names; @node_name is where the pod is when it does not say.
 * The caller frees it. */
char *field_ref_read (KvolPod *pod, const char *node_name, const char *path, GError **error);

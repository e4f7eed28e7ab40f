/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol/kvol.h>

/* The field of @pod that an environment variable's fieldRef names. The caller frees it. */
char *field_ref_read (KvolPod *pod, const char *path, GError **error);

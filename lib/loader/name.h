/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of plugins: Kubernetes' qualified names (apimachinery pkg/api/validate/content) with their prefix, as
 * "kubernetes.io/empty-dir". */
#pragma once

#include <glib.h>

/* What is wrong with @name; NULL when nothing is. */
const char *loader_name_find_fault (const char *name);

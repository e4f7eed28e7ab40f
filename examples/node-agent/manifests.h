/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol-kube/kvol-kube.h>

#include "options.h"

/* Reads the manifests at @paths (element-type char*), files and directories, for pods of this node; the answer knows
 * what is wrong with them. */
KvolKubeManifest *manifests_read (const Options *options, GPtrArray *paths);

/* Reads what the command was given, and in *@ret_objects what --objects adds: its pods are nobody's, but the others may
 * claim what it has. Both are (transfer full). */
KvolKubeManifest *manifests_read_given (const Options *options, KvolKubeManifest **ret_objects);

/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol-kube/kvol-kube.h>

/* Reads the manifests at @paths (element-type char*), files and directories; the answer knows what is wrong with
 * them. */
KvolKubeManifest *manifests_read (GPtrArray *paths);

/* SPDX-License-Identifier: MIT */
#pragma once

#include <kvol-kube/kvol-kube.h>

/* Reads the manifests at @paths (element-type char*), files and directories. What is wrong with them is in the answer. */
KvolKubeManifest *manifests_read (GPtrArray *paths);

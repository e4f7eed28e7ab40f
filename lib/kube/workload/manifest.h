/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <kvol-kube/kvol-kube-manifest.h>

#include "manifest/kind.h"

/* Calls @each for every object without faults, in the order in which they were read; the object stays the
 * manifest's. */
void kube_manifest_foreach (KvolKubeManifest *self, KubeObjectFunc each, gpointer data);

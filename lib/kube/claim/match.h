/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a volume is what a claim asks for (upstream pkg/controller/volume/persistentvolume, checkVolumeSatisfyClaim
 * and findMatchingVolume). Both are objects as they were read, without defaults. */
#pragma once

#include "manifest/node.h"

/* The words of the controller for the first thing that does not fit; NULL: it fits. The class does not matter for a
 * volume that waits for the claim. */
const char *kube_match_explain (const KubeNode *claim, const KubeNode *volume, gboolean with_class);

/* "Filesystem" or "Block", of a claim or a volume. */
const char *kube_match_get_mode (const KubeNode *object);

/* In bytes, of a volume; 0: it does not say. */
gint64      kube_match_get_capacity (const KubeNode *volume);

/* An annotation, or NULL. */
const char *kube_match_get_annotation (const KubeNode *object, const char *key);

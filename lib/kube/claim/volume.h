/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A claim's volume as libkvol takes it. */
#pragma once

#include "manifest/node.h"

/* What a pod says about it. */
typedef struct {
  const char *name;       /* of the pod's volume */
  const char *claim;      /* the claim's name */
  gboolean    read_only;
  gboolean    is_mounted; /* some container has it among its volumeMounts, ... */
  gboolean    is_device;  /* ... or its volumeDevices */
} KubeClaimUse;

/* One of spec.volumes, a{sv}, floating: name, specName (the directory's), the volume's own source, and what only a
 * claim's volume has: accessModes, capacity, claimName, fsType, mountOptions, readOnly, volumeMode. NULL: it cannot be
 * used by this pod, with a sentence that names the volume. */
GVariant *kube_claim_volume_new (const KubeNode *volume, const KubeClaimUse *use, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The volumes of an object's pods, where some of them are claims. */
#pragma once

#include "claim/binder.h"
#include "claim/host.h"
#include "manifest/report.h"

/* Whether pods of @object cannot be made before all claims and volumes were read. */
gboolean kube_volumes_need_claims (const KubeObject *object);

/* The claim of a StatefulSet's pod (upstream pkg/controller/statefulset, getPersistentVolumeClaimName). */
char    *kube_volumes_claim_name (const char *template, const char *pod);

/* All that it takes to find a claim's volume. */
typedef struct {
  KubeBinder *binder;
  KubeHost    host;
  KubeReport *report;
  gsize       left; /* bytes that volumes may still take, at first KUBE_MAX_CLAIMED */
} KubeClaims;

/* Every pod has a copy of the volumes that it claims, and one volume may be long. */
#define KUBE_MAX_CLAIMED 8388608

/* Those of spec.volumes that all pods of @object share, aa{sv}, floating, each claim replaced by what it is bound to.
 * NULL: that failed, and was reported at the place of each claim. */
GVariant *kube_volumes_new_shared (const KubeObject *object, KubeClaims *claims);

/* All of spec.volumes of the pod called @pod, in the same way, but a full reference. @shared may be NULL, and so is the
 * answer then. */
GVariant *kube_volumes_new (const KubeObject *object, const char *pod, GVariant *shared, KubeClaims *claims);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods, claims and volumes for tests, a few lines each. */
#pragma once

#include "kube-rows.h"

/* A pod whose claim is named on line 6, so that what follows does not move it. */
#define POD_WITH(more)                                                                                                 \
  "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"                                                            \
  "  containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]\n"                                    \
  "  volumes: [{name: v, persistentVolumeClaim: {claimName: c" more "}}]\n---\n"
#define POD POD_WITH ("")

#define CLAIM_META(meta, spec)                                                                                         \
  "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c" meta "}\nspec: {accessModes: [ReadWriteOnce], "    \
  "resources: {requests: {storage: 1Gi}}" spec "}\n---\n"
#define CLAIM(spec) CLAIM_META ("", spec)

#define VOLUME_WITH(meta, modes, size, spec)                                                                           \
  "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv" meta "}\nspec: {accessModes: [" modes "], capacity: "  \
  "{storage: " size "}" spec "}\n---\n"
#define DATA ", hostPath: {path: /data}"
#define VOLUME(spec) VOLUME_WITH ("", "ReadWriteOnce", "1Gi", DATA spec)
#define NAMED ", volumeName: pv"
#define REF(more) ", claimRef: {namespace: default, name: c" more "}"

#define NTH_CLAIM(name, volume)                                                                                        \
  "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " name "}\nspec: {accessModes: [ReadWriteOnce], "     \
  "resources: {requests: {storage: 1Gi}}, volumeName: " volume "}\n---\n"

/* The first volume of the pod is that one. */
static inline void
expect_volume (KvolPod *pod, const char *expected)
{
  g_autoptr (GVariant) spec = g_variant_lookup_value (kvol_pod_get_object (pod), "spec", NULL);
  g_autoptr (GVariant) volumes = g_variant_lookup_value (spec, "volumes", NULL);
  g_autoptr (GVariant) volume = g_variant_get_child_value (volumes, 0);
  const char *name = NULL;

  assert_true (g_variant_lookup (volume, "specName", "&s", &name));
  assert_string_equal (name, expected);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/update.h"

#include "manifest/types.h"
#include "validate/claim.h"
#include "validate/data.h"
#include "validate/persistent-volume.h"
#include "validate/storage-class.h"

/* What makes pods is not here: a pod of another spec is another pod to kvol, and takes the place of the older one. */
static const struct
{
  const KubeType *type;
  void (*check) (KubeNode *root, KubeNode *older, KubeReport *report);
} updates[] = {
  { &kube_type_ConfigMap, kube_config_map_check_update },
  { &kube_type_PersistentVolume, kube_persistent_volume_check_update },
  { &kube_type_PersistentVolumeClaim, kube_claim_check_update },
  { &kube_type_Secret, kube_secret_check_update },
  { &kube_type_StorageClass, kube_storage_class_check_update },
};

void
kube_update_check (const KubeObject *object, const KubeObject *older, KubeReport *report)
{
  for (guint i = 0; i < G_N_ELEMENTS (updates); i++)
    if (object->kind->type == updates[i].type)
      updates[i].check (object->root, older->root, report);
}

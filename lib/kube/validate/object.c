/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/object.h"

#include "manifest/types.h"
#include "validate/data.h"
#include "validate/metadata.h"
#include "validate/persistent-volume.h"
#include "validate/pod.h"
#include "validate/rule.h"
#include "validate/storage-class.h"
#include "validate/update.h"
#include "validate/warning.h"
#include "validate/workload.h"

/* What has rules for all of itself. */
static const struct
{
  const KubeType *type;
  void (*check) (KubeNode *root, KubeReport *report);
} wholes[] = {
  { &kube_type_ConfigMap, kube_config_map_check },
  { &kube_type_PersistentVolume, kube_persistent_volume_check },
  { &kube_type_Secret, kube_secret_check },
  { &kube_type_StorageClass, kube_storage_class_check },
};

void
kube_object_check (const KubeObject *object, const KubeObject *older, KubeReport *report)
{
  gboolean is_typed = !object->root->faulty;
  KubeNode *template = kube_object_get_template (object);

  kube_metadata_check (object, report);
  kube_rules_check (object->kind->type, object->root, report);
  for (guint i = 0; i < G_N_ELEMENTS (wholes); i++)
    if (object->kind->type == wholes[i].type)
      wholes[i].check (object->root, report);
  if (template != NULL)
    {
      kube_workload_check (object, report);
      kube_pod_check (object, template, report);
    }
  if (older != NULL && is_typed)
    kube_update_check (object, older, report);
  if (!object->root->faulty)
    kube_warnings_advise (object, report);
}

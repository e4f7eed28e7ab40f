/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a volume's data comes from, but for what is made of objects. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField local_object_reference[] = {
  { "name", STRING },
  { NULL },
};
static const KubeType kube_type_LocalObjectReference = { "LocalObjectReference", local_object_reference };

static const KubeField secret_reference[] = {
  { "name",      STRING },
  { "namespace", STRING },
  { NULL },
};
static const KubeType kube_type_SecretReference = { "SecretReference", secret_reference };

static const KubeField empty_dir[] = {
  { "medium",    STRING },
  { "sizeLimit", QUANTITY, RULE (SIZE_LIMIT) },
  { NULL },
};
const KubeType kube_type_EmptyDirVolumeSource = { "EmptyDirVolumeSource", empty_dir };

static const KubeField host_path[] = {
  { "path", STRING, RULE (NO_BACKSTEPS), REQUIRED },
  { "type", STRING, ONE_OF ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
                            "Socket") },
  { NULL },
};
const KubeType kube_type_HostPathVolumeSource = { "HostPathVolumeSource", host_path };

static const KubeField nfs[] = {
  { "path",     STRING, REQUIRED },
  { "readOnly", BOOL },
  { "server",   STRING, REQUIRED },
  { NULL },
};
const KubeType kube_type_NFSVolumeSource = { "NFSVolumeSource", nfs };

static const KubeField local[] = {
  { "fsType", STRING },
  { "path",   STRING, RULE (NO_BACKSTEPS), REQUIRED },
  { NULL },
};
const KubeType kube_type_LocalVolumeSource = { "LocalVolumeSource", local };

static const KubeField image[] = {
  { "pullPolicy", STRING, ONE_OF ("Always", "IfNotPresent", "Never"), OR_EMPTY },
  { "reference",  STRING }, /* of a pod; a template may leave it open */
  { NULL },
};
const KubeType kube_type_ImageVolumeSource = { "ImageVolumeSource", image };

/* ---- drivers ---- */

#define FLEX_FIELDS(secret) \
  { "driver",    STRING, REQUIRED }, \
  { "fsType",    STRING }, \
  { "options",   STRING_MAP, RULE (OPTIONS), PRIVATE }, \
  { "readOnly",  BOOL }, \
  { "secretRef", OBJECT (secret) }, \
  { NULL }

static const KubeField flex_volume[] = { FLEX_FIELDS (LocalObjectReference) };
const KubeType kube_type_FlexVolumeSource = { "FlexVolumeSource", flex_volume };

static const KubeField flex_persistent_volume[] = { FLEX_FIELDS (SecretReference) };
const KubeType kube_type_FlexPersistentVolumeSource = { "FlexPersistentVolumeSource", flex_persistent_volume };

static const KubeField csi[] = {
  { "driver",               STRING, REQUIRED },
  { "fsType",               STRING },
  { "nodePublishSecretRef", OBJECT (LocalObjectReference), RULE (SECRET) },
  { "readOnly",             BOOL },
  { "volumeAttributes",     STRING_MAP, PRIVATE },
  { NULL },
};
const KubeType kube_type_CSIVolumeSource = { "CSIVolumeSource", csi };

static const KubeField csi_persistent_volume[] = {
  { "controllerExpandSecretRef",  OBJECT (SecretReference), RULE (CLUSTER_SECRET) },
  { "controllerPublishSecretRef", OBJECT (SecretReference), RULE (CLUSTER_SECRET) },
  { "driver",                     STRING, REQUIRED },
  { "fsType",                     STRING },
  { "nodeExpandSecretRef",        OBJECT (SecretReference), RULE (CLUSTER_SECRET) },
  { "nodePublishSecretRef",       OBJECT (SecretReference), RULE (CLUSTER_SECRET) },
  { "nodeStageSecretRef",         OBJECT (SecretReference) },
  { "readOnly",                   BOOL },
  { "volumeAttributes",           STRING_MAP, PRIVATE },
  { "volumeHandle",               STRING, REQUIRED },
  { NULL },
};
const KubeType kube_type_CSIPersistentVolumeSource = { "CSIPersistentVolumeSource", csi_persistent_volume };

/* ---- claims ---- */

static const KubeField persistent_volume_claim[] = {
  { "claimName", STRING, REQUIRED },
  { "readOnly",  BOOL },
  { NULL },
};
const KubeType kube_type_PersistentVolumeClaimVolumeSource
    = { "PersistentVolumeClaimVolumeSource", persistent_volume_claim };

static const KubeField ephemeral[] = {
  { "volumeClaimTemplate", OBJECT (PersistentVolumeClaimTemplate), REQUIRED },
  { NULL },
};
const KubeType kube_type_EphemeralVolumeSource = { "EphemeralVolumeSource", ephemeral };
/* clang-format on */

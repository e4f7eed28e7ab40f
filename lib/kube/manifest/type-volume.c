/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes. The sources stand in the order in which the API server looks at them: of two, the later one is refused. A
 * source that says why it is unsupported is ANY to us: its own fields are not looked at until it is served. */
#include "manifest/types.h"

#define CSI_SERVES(driver) UNSUPPORTED ("not supported (upstream serves it by the CSI driver " driver ")")
#define GONE UNSUPPORTED ("not supported, and removed from Kubernetes")

/* clang-format off */
static const KubeField key_to_path[] = {
  { "key",  STRING, REQUIRED },
  { "mode", INT32,  RULE (MODE) },
  { "path", STRING, RULE (NOT_RESERVED), REQUIRED },
  { NULL },
};
static const KubeType kube_type_KeyToPath = { "KeyToPath", key_to_path };

static const KubeField local_reference[] = {
  { "name", STRING },
  { NULL },
};
static const KubeType kube_type_LocalObjectReference = { "LocalObjectReference", local_reference };

static const KubeField empty_dir[] = {
  { "medium",    STRING },
  { "sizeLimit", QUANTITY, RULE (SIZE_LIMIT) },
  { NULL },
};
static const KubeType kube_type_EmptyDir = { "EmptyDirVolumeSource", empty_dir };

static const KubeField host_path[] = {
  { "path", STRING, RULE (NO_BACKSTEPS), REQUIRED },
  { "type", STRING, ONE_OF ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
                            "Socket") },
  { NULL },
};
static const KubeType kube_type_HostPath = { "HostPathVolumeSource", host_path };

static const KubeField secret[] = {
  { "defaultMode", INT32,  RULE (MODE), OTHERWISE ("420") },
  { "items",       LIST_OF (KeyToPath) },
  { "optional",    BOOL },
  { "secretName",  STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_SecretVolume = { "SecretVolumeSource", secret };

static const KubeField config_map[] = {
  { "defaultMode", INT32,  RULE (MODE), OTHERWISE ("420") },
  { "items",       LIST_OF (KeyToPath) },
  { "name",        STRING, REQUIRED },
  { "optional",    BOOL },
  { NULL },
};
static const KubeType kube_type_ConfigMapVolume = { "ConfigMapVolumeSource", config_map };

static const KubeField flex_volume[] = {
  { "driver",    STRING, REQUIRED },
  { "fsType",    STRING },
  { "options",   STRING_MAP, PRIVATE },
  { "readOnly",  BOOL },
  { "secretRef", OBJECT (LocalObjectReference) },
  { NULL },
};
static const KubeType kube_type_FlexVolume = { "FlexVolumeSource", flex_volume };

static const KubeField csi[] = {
  { "driver",               STRING, REQUIRED },
  { "fsType",               STRING },
  { "nodePublishSecretRef", OBJECT (LocalObjectReference) },
  { "readOnly",             BOOL },
  { "volumeAttributes",     STRING_MAP, PRIVATE },
  { NULL },
};
static const KubeType kube_type_CSIVolume = { "CSIVolumeSource", csi };

static const KubeField volume[] = {
  { "name",                  STRING, RULE (LABEL), REQUIRED },
  { "emptyDir",              SOURCE, OBJECT (EmptyDir) },
  { "hostPath",              SOURCE, OBJECT (HostPath) },
  { "gitRepo",               SOURCE, ANY, UNSUPPORTED ("never supported: a repository can run code on the node "
                                                       "(CVE-2024-10220, CVE-2025-1767); clone into an emptyDir") },
  { "gcePersistentDisk",     SOURCE, ANY, CSI_SERVES ("pd.csi.storage.gke.io") },
  { "awsElasticBlockStore",  SOURCE, ANY, CSI_SERVES ("ebs.csi.aws.com") },
  { "secret",                SOURCE, OBJECT (SecretVolume) },
  { "nfs",                   SOURCE, ANY, LATER },
  { "iscsi",                 SOURCE, ANY, LATER },
  { "glusterfs",             SOURCE, ANY, GONE },
  { "flocker",               SOURCE, ANY, GONE },
  { "persistentVolumeClaim", SOURCE, ANY, UNSUPPORTED ("claims are not supported yet") },
  { "rbd",                   SOURCE, ANY, GONE },
  { "cinder",                SOURCE, ANY, CSI_SERVES ("cinder.csi.openstack.org") },
  { "cephfs",                SOURCE, ANY, GONE },
  { "quobyte",               SOURCE, ANY, GONE },
  { "downwardAPI",           SOURCE, ANY, LATER },
  { "fc",                    SOURCE, ANY, LATER },
  { "flexVolume",            SOURCE, OBJECT (FlexVolume) },
  { "configMap",             SOURCE, OBJECT (ConfigMapVolume) },
  { "azureFile",             SOURCE, ANY, CSI_SERVES ("file.csi.azure.com") },
  { "vsphereVolume",         SOURCE, ANY, CSI_SERVES ("csi.vsphere.vmware.com") },
  { "photonPersistentDisk",  SOURCE, ANY, GONE },
  { "portworxVolume",        SOURCE, ANY, CSI_SERVES ("pxd.portworx.com") },
  { "azureDisk",             SOURCE, ANY, CSI_SERVES ("disk.csi.azure.com") },
  { "storageos",             SOURCE, ANY, GONE },
  { "projected",             SOURCE, ANY, LATER },
  { "scaleIO",               SOURCE, ANY, GONE },
  { "csi",                   SOURCE, OBJECT (CSIVolume) },
  { "ephemeral",             SOURCE, ANY, UNSUPPORTED ("claims are not supported yet") },
  { "image",                 SOURCE, ANY, LATER },
  { NULL },
};
const KubeType kube_type_Volume = { "Volume", volume, .otherwise_source = "emptyDir" };
/* clang-format on */

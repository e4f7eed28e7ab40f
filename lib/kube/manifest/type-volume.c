/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of pods and of clusters. The sources stand in the order in which the API server looks at them: of two, the
 * later one is refused. A source that kvol can never serve is ANY to us: it says why, and its own fields are not looked
 * at. */
#include "manifest/types.h"

#define CSI_SERVES(driver) SOURCE, ANY, UNSUPPORTED ("not supported (upstream serves it by the CSI driver " driver ")")
#define GONE SOURCE, ANY, UNSUPPORTED ("not supported, and removed from Kubernetes")
#define NOT_YET SOURCE, ANY, LATER
#define AWS_DISK CSI_SERVES ("ebs.csi.aws.com")
#define AZURE_DISK CSI_SERVES ("disk.csi.azure.com")
#define AZURE_FILE CSI_SERVES ("file.csi.azure.com")
#define CINDER CSI_SERVES ("cinder.csi.openstack.org")
#define GCE_DISK CSI_SERVES ("pd.csi.storage.gke.io")
#define PORTWORX CSI_SERVES ("pxd.portworx.com")
#define VSPHERE CSI_SERVES ("csi.vsphere.vmware.com")

/* clang-format off */
static const KubeField volume[] = {
  { "name",                  STRING, RULE (LABEL), REQUIRED },
  { "emptyDir",              SOURCE, OBJECT (EmptyDirVolumeSource) },
  { "hostPath",              SOURCE, OBJECT (HostPathVolumeSource) },
  { "gitRepo",               SOURCE, ANY, UNSUPPORTED ("never supported: a repository can run code on the node "
                                                       "(CVE-2024-10220, CVE-2025-1767); clone into an emptyDir") },
  { "gcePersistentDisk",     GCE_DISK },
  { "awsElasticBlockStore",  AWS_DISK },
  { "secret",                SOURCE, OBJECT (SecretVolumeSource) },
  { "nfs",                   SOURCE, OBJECT (NFSVolumeSource) },
  { "iscsi",                 NOT_YET },
  { "glusterfs",             GONE },
  { "flocker",               GONE },
  { "persistentVolumeClaim", SOURCE, OBJECT (PersistentVolumeClaimVolumeSource) },
  { "rbd",                   GONE },
  { "cinder",                CINDER },
  { "cephfs",                GONE },
  { "quobyte",               GONE },
  { "downwardAPI",           SOURCE, OBJECT (DownwardAPIVolumeSource) },
  { "fc",                    NOT_YET },
  { "flexVolume",            SOURCE, OBJECT (FlexVolumeSource) },
  { "configMap",             SOURCE, OBJECT (ConfigMapVolumeSource) },
  { "azureFile",             AZURE_FILE },
  { "vsphereVolume",         VSPHERE },
  { "photonPersistentDisk",  GONE },
  { "portworxVolume",        PORTWORX },
  { "azureDisk",             AZURE_DISK },
  { "storageos",             GONE },
  { "projected",             SOURCE, OBJECT (ProjectedVolumeSource) },
  { "scaleIO",               GONE },
  { "csi",                   SOURCE, OBJECT (CSIVolumeSource) },
  { "ephemeral",             SOURCE, OBJECT (EphemeralVolumeSource),
                             UNSUPPORTED ("it needs a claim of its own, and making claims is not supported yet") },
  { "image",                 SOURCE, OBJECT (ImageVolumeSource) },
  { NULL },
};
const KubeType kube_type_Volume = { "Volume", volume, .otherwise_source = "emptyDir" };

static const KubeField persistent_volume_spec[] = {
  { "accessModes",                   STRINGS, REQUIRED, ONE_OF ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                                                "ReadWriteOncePod") },
  { "capacity",                      RESOURCES, REQUIRED },
  { "claimRef",                      OBJECT (ObjectReference) },
  { "mountOptions",                  STRINGS },
  { "nodeAffinity",                  OBJECT (VolumeNodeAffinity) },
  { "persistentVolumeReclaimPolicy", STRING, OTHERWISE ("Retain"), ONE_OF ("Delete", "Recycle", "Retain") },
  { "storageClassName",              STRING, RULE (SUBDOMAIN) },
  { "volumeAttributesClassName",     STRING, RULE (SUBDOMAIN) },
  { "volumeMode",                    STRING, OTHERWISE ("Filesystem"), ONE_OF ("Block", "Filesystem") },
  { "hostPath",                      SOURCE, OBJECT (HostPathVolumeSource) },
  { "gcePersistentDisk",             GCE_DISK },
  { "awsElasticBlockStore",          AWS_DISK },
  { "glusterfs",                     GONE },
  { "flocker",                       GONE },
  { "nfs",                           SOURCE, OBJECT (NFSVolumeSource) },
  { "rbd",                           GONE },
  { "quobyte",                       GONE },
  { "cephfs",                        GONE },
  { "iscsi",                         NOT_YET },
  { "cinder",                        CINDER },
  { "fc",                            NOT_YET },
  { "flexVolume",                    SOURCE, OBJECT (FlexPersistentVolumeSource) },
  { "azureFile",                     AZURE_FILE },
  { "vsphereVolume",                 VSPHERE },
  { "photonPersistentDisk",          GONE },
  { "portworxVolume",                PORTWORX },
  { "azureDisk",                     AZURE_DISK },
  { "scaleIO",                       GONE },
  { "local",                         SOURCE, OBJECT (LocalVolumeSource) },
  { "storageos",                     GONE },
  { "csi",                           SOURCE, OBJECT (CSIPersistentVolumeSource) },
  { NULL },
};
const KubeType kube_type_PersistentVolumeSpec = { "PersistentVolumeSpec", persistent_volume_spec };
/* clang-format on */

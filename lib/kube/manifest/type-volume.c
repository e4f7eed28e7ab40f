/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of pods and of clusters. The sources stand in the order in which the API server looks at them: of two, the
 * later one is refused. A source that kvol can never serve is ANY to us: it says why, and its own fields are not looked
 * at. */
#include "manifest/types.h"

#define CSI_SERVES(driver) SOURCE, ANY, UNSUPPORTED ("not supported (upstream serves it by the CSI driver " driver ")")
#define GONE(since, gone)                                                                                              \
  SOURCE, ANY, UNSUPPORTED ("not supported, and removed from Kubernetes"),                                             \
      DEPRECATED (since ", non-functional in " gone "+")
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
                                                       "(CVE-2024-10220, CVE-2025-1767); clone into an emptyDir"),
                             DEPRECATED ("v1.11") },
  { "gcePersistentDisk",     GCE_DISK },
  { "awsElasticBlockStore",  AWS_DISK },
  { "secret",                SOURCE, OBJECT (SecretVolumeSource) },
  { "nfs",                   SOURCE, OBJECT (NFSVolumeSource), RULE (NFS) },
  { "iscsi",                 NOT_YET },
  { "glusterfs",             GONE ("v1.25", "v1.26") },
  { "flocker",               GONE ("v1.22", "v1.25") },
  { "persistentVolumeClaim", SOURCE, OBJECT (PersistentVolumeClaimVolumeSource) },
  { "rbd",                   GONE ("v1.28", "v1.31") },
  { "cinder",                CINDER },
  { "cephfs",                GONE ("v1.28", "v1.31") },
  { "quobyte",               GONE ("v1.22", "v1.25") },
  { "downwardAPI",           SOURCE, OBJECT (DownwardAPIVolumeSource) },
  { "fc",                    NOT_YET },
  { "flexVolume",            SOURCE, OBJECT (FlexVolumeSource) },
  { "configMap",             SOURCE, OBJECT (ConfigMapVolumeSource) },
  { "azureFile",             AZURE_FILE },
  { "vsphereVolume",         VSPHERE },
  { "photonPersistentDisk",  GONE ("v1.11", "v1.16") },
  { "portworxVolume",        PORTWORX },
  { "azureDisk",             AZURE_DISK },
  { "storageos",             GONE ("v1.22", "v1.25") },
  { "projected",             SOURCE, OBJECT (ProjectedVolumeSource), RULE (PROJECTED) },
  { "scaleIO",               GONE ("v1.16", "v1.22") },
  { "csi",                   SOURCE, OBJECT (CSIVolumeSource), RULE (CSI) },
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
  { "nodeAffinity",                  OBJECT (VolumeNodeAffinity), RULE (NODE_AFFINITY) },
  { "persistentVolumeReclaimPolicy", STRING, OTHERWISE ("Retain"), ONE_OF ("Delete", "Recycle", "Retain"),
                                     OR_EMPTY },
  { "storageClassName",              STRING, RULE (SUBDOMAIN) },
  { "volumeAttributesClassName",     STRING, RULE (SUBDOMAIN) },
  { "volumeMode",                    STRING, OTHERWISE ("Filesystem"), ONE_OF ("Block", "Filesystem") },
  { "hostPath",                      SOURCE, OBJECT (HostPathVolumeSource) },
  { "gcePersistentDisk",             GCE_DISK },
  { "awsElasticBlockStore",          AWS_DISK },
  { "glusterfs",                     GONE ("v1.25", "v1.26") },
  { "flocker",                       GONE ("v1.22", "v1.25") },
  { "nfs",                           SOURCE, OBJECT (NFSVolumeSource), RULE (NFS) },
  { "rbd",                           GONE ("v1.28", "v1.31") },
  { "quobyte",                       GONE ("v1.22", "v1.25") },
  { "cephfs",                        GONE ("v1.28", "v1.31") },
  { "iscsi",                         NOT_YET },
  { "cinder",                        CINDER },
  { "fc",                            NOT_YET },
  { "flexVolume",                    SOURCE, OBJECT (FlexPersistentVolumeSource) },
  { "azureFile",                     AZURE_FILE },
  { "vsphereVolume",                 VSPHERE },
  { "photonPersistentDisk",          GONE ("v1.11", "v1.16") },
  { "portworxVolume",                PORTWORX },
  { "azureDisk",                     AZURE_DISK },
  { "scaleIO",                       GONE ("v1.16", "v1.22") },
  { "local",                         SOURCE, OBJECT (LocalVolumeSource) },
  { "storageos",                     GONE ("v1.22", "v1.25") },
  { "csi",                           SOURCE, OBJECT (CSIPersistentVolumeSource), RULE (CSI) },
  { NULL },
};
const KubeType kube_type_PersistentVolumeSpec = { "PersistentVolumeSpec", persistent_volume_spec };
/* clang-format on */

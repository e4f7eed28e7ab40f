/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes whose files are made of objects. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField key_to_path[] = {
  { "key",  STRING, REQUIRED },
  { "mode", INT32,  RULE (MODE) },
  { "path", STRING, RULE (NOT_RESERVED), REQUIRED },
  { NULL },
};
static const KubeType kube_type_KeyToPath = { "KeyToPath", key_to_path };

static const KubeField secret[] = {
  { "defaultMode", INT32,  RULE (MODE), OTHERWISE ("420") },
  { "items",       LIST_OF (KeyToPath) },
  { "optional",    BOOL },
  { "secretName",  STRING, REQUIRED },
  { NULL },
};
const KubeType kube_type_SecretVolumeSource = { "SecretVolumeSource", secret };

static const KubeField config_map[] = {
  { "defaultMode", INT32,  RULE (MODE), OTHERWISE ("420") },
  { "items",       LIST_OF (KeyToPath) },
  { "name",        STRING, REQUIRED },
  { "optional",    BOOL },
  { NULL },
};
const KubeType kube_type_ConfigMapVolumeSource = { "ConfigMapVolumeSource", config_map };

/* ---- downwardAPI ---- */

/* A file belongs to no container, so it says which one it means. */
static const KubeField file_resource_field_selector[] = {
  { "containerName", STRING, REQUIRED },
  { "divisor",       DIVISOR },
  { "resource",      STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_FileResourceFieldSelector = { "ResourceFieldSelector", file_resource_field_selector };

static const KubeField downward_file[] = {
  { "fieldRef",         OBJECT (ObjectFieldSelector), RULE (VOLUME_FIELD) },
  { "mode",             INT32,  RULE (MODE) },
  { "path",             STRING, RULE (NOT_RESERVED), REQUIRED },
  { "resourceFieldRef", OBJECT (FileResourceFieldSelector), RULE (RESOURCE_FIELD) },
  { NULL },
};
static const KubeType kube_type_DownwardAPIVolumeFile = { "DownwardAPIVolumeFile", downward_file };

static const KubeField downward_api[] = {
  { "defaultMode", INT32,  RULE (MODE), OTHERWISE ("420") },
  { "items",       LIST_OF (DownwardAPIVolumeFile), RULE (DOWNWARD_FILE) },
  { NULL },
};
const KubeType kube_type_DownwardAPIVolumeSource = { "DownwardAPIVolumeSource", downward_api };

/* ---- projected ---- */

static const KubeField object_projection[] = {
  { "items",    LIST_OF (KeyToPath) },
  { "name",     STRING, REQUIRED },
  { "optional", BOOL },
  { NULL },
};
static const KubeType kube_type_ObjectProjection = { "ConfigMapProjection, SecretProjection", object_projection };

static const KubeField downward_projection[] = {
  { "items", LIST_OF (DownwardAPIVolumeFile), RULE (DOWNWARD_FILE) },
  { NULL },
};
static const KubeType kube_type_DownwardAPIProjection = { "DownwardAPIProjection", downward_projection };

static const KubeField service_account_token[] = {
  { "audience",          STRING },
  { "expirationSeconds", INT64, RULE (TOKEN_LIFE), OTHERWISE ("3600") },
  { "path",              STRING, RULE (NOT_RESERVED), REQUIRED },
  { NULL },
};
static const KubeType kube_type_ServiceAccountTokenProjection
    = { "ServiceAccountTokenProjection", service_account_token };

static const KubeField cluster_trust_bundle[] = {
  { "labelSelector", OBJECT (LabelSelector) },
  { "name",          STRING },
  { "optional",      BOOL },
  { "path",          STRING, RULE (NOT_RESERVED), REQUIRED },
  { "signerName",    STRING },
  { NULL },
};
static const KubeType kube_type_ClusterTrustBundleProjection = { "ClusterTrustBundleProjection", cluster_trust_bundle };

static const KubeField pod_certificate[] = {
  { "certificateChainPath", STRING, RULE (NOT_RESERVED) },
  { "credentialBundlePath", STRING, RULE (NOT_RESERVED) },
  { "keyPath",              STRING, RULE (NOT_RESERVED) },
  { "keyType",              STRING, REQUIRED, ONE_OF ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521",
                                                      "ED25519") },
  { "maxExpirationSeconds", INT32 },
  { "signerName",           STRING, REQUIRED },
  { "userAnnotations",      STRING_MAP },
  { NULL },
};
static const KubeType kube_type_PodCertificateProjection = { "PodCertificateProjection", pod_certificate };

/* In the order in which the API server looks at them. */
static const KubeField volume_projection[] = {
  { "secret",              SOURCE, OBJECT (ObjectProjection) },
  { "configMap",           SOURCE, OBJECT (ObjectProjection) },
  { "downwardAPI",         SOURCE, OBJECT (DownwardAPIProjection) },
  { "serviceAccountToken", SOURCE, OBJECT (ServiceAccountTokenProjection) },
  { "clusterTrustBundle",  SOURCE, OBJECT (ClusterTrustBundleProjection), RULE (TRUST_BUNDLE),
                           UNSUPPORTED ("ClusterTrustBundle projection is not supported in static kubelet mode") },
  { "podCertificate",      SOURCE, OBJECT (PodCertificateProjection), RULE (CERTIFICATE),
                           UNSUPPORTED ("not supported: nobody signs certificates without an API server") },
  { NULL },
};
const KubeType kube_type_VolumeProjection = { "VolumeProjection", volume_projection };

static const KubeField projected[] = {
  { "defaultMode", INT32,  RULE (MODE), OTHERWISE ("420") },
  { "sources",     LIST_OF (VolumeProjection), RULE (PROJECTION) },
  { NULL },
};
const KubeType kube_type_ProjectedVolumeSource = { "ProjectedVolumeSource", projected };
/* clang-format on */

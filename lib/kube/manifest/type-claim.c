/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims, what they are bound to, and the classes that both are of. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField persistent_volume[] = {
  { "apiVersion", STRING },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "spec",       OBJECT (PersistentVolumeSpec), REQUIRED },
  { "status",     ANY },
  { NULL },
};
const KubeType kube_type_PersistentVolume = { "PersistentVolume", persistent_volume };

static const KubeField volume_resource_requirements[] = {
  { "limits",   RESOURCES },
  { "requests", RESOURCES },
  { NULL },
};
static const KubeType kube_type_VolumeResourceRequirements
    = { "VolumeResourceRequirements", volume_resource_requirements };

static const KubeField data_source[] = {
  { "apiGroup",  STRING, RULE (SUBDOMAIN) },
  { "kind",      STRING, REQUIRED },
  { "name",      STRING, REQUIRED },
  { "namespace", STRING },
  { NULL },
};
static const KubeType kube_type_DataSource = { "TypedLocalObjectReference, TypedObjectReference", data_source };

static const KubeField persistent_volume_claim_spec[] = {
  { "accessModes",               STRINGS, ONE_OF ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                                  "ReadWriteOncePod") },
  { "dataSource",                OBJECT (DataSource), RULE (DATA_SOURCE) },
  { "dataSourceRef",             OBJECT (DataSource), RULE (DATA_SOURCE) },
  { "resources",                 OBJECT (VolumeResourceRequirements) },
  { "selector",                  OBJECT (LabelSelector) },
  { "storageClassName",          STRING, RULE (SUBDOMAIN) },
  { "volumeAttributesClassName", STRING, RULE (SUBDOMAIN) },
  { "volumeMode",                STRING, OTHERWISE ("Filesystem"), ONE_OF ("Block", "Filesystem") },
  { "volumeName",                STRING },
  { NULL },
};
static const KubeType kube_type_PersistentVolumeClaimSpec
    = { "PersistentVolumeClaimSpec", persistent_volume_claim_spec };

static const KubeField persistent_volume_claim[] = {
  { "apiVersion", STRING },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "spec",       OBJECT (PersistentVolumeClaimSpec), RULE (CLAIM), REQUIRED },
  { "status",     ANY },
  { NULL },
};
const KubeType kube_type_PersistentVolumeClaim = { "PersistentVolumeClaim", persistent_volume_claim };

static const KubeField persistent_volume_claim_template[] = {
  { "metadata", OBJECT (TemplateMeta), RULE (CLAIM_META) },
  { "spec",     OBJECT (PersistentVolumeClaimSpec), RULE (CLAIM), REQUIRED },
  { NULL },
};
const KubeType kube_type_PersistentVolumeClaimTemplate
    = { "PersistentVolumeClaimTemplate", persistent_volume_claim_template };

/* ---- classes ---- */

static const KubeField topology_expression[] = {
  { "key",    STRING },
  { "values", STRINGS, REQUIRED },
  { NULL },
};
static const KubeType kube_type_TopologyExpression = { "TopologySelectorLabelRequirement", topology_expression };

static const KubeField topology_term[] = {
  { "matchLabelExpressions", LIST_OF (TopologyExpression), RULE (TOPOLOGY_EXPRESSION) },
  { NULL },
};
static const KubeType kube_type_TopologySelectorTerm = { "TopologySelectorTerm", topology_term };

static const KubeField storage_class[] = {
  { "allowVolumeExpansion", BOOL },
  { "allowedTopologies",    LIST_OF (TopologySelectorTerm), RULE (TOPOLOGY) },
  { "apiVersion",           STRING },
  { "kind",                 STRING },
  { "metadata",             OBJECT (ObjectMeta) },
  { "mountOptions",         STRINGS },
  { "parameters",           STRING_MAP, PRIVATE },
  { "provisioner",          STRING, RULE (QUALIFIED), REQUIRED },
  { "reclaimPolicy",        STRING, OTHERWISE ("Delete"), ONE_OF ("Delete", "Retain"), OR_EMPTY },
  { "volumeBindingMode",    STRING, OTHERWISE ("Immediate"), ONE_OF ("Immediate", "WaitForFirstConsumer") },
  { NULL },
};
const KubeType kube_type_StorageClass = { "StorageClass", storage_class };
/* clang-format on */

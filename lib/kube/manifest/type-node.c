/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes, what runs on them for all pods, and which of them a volume can be reached from. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField node_selector_requirement[] = {
  { "key",      STRING },
  { "operator", STRING },
  { "values",   STRINGS },
  { NULL },
};
static const KubeType kube_type_NodeSelectorRequirement = { "NodeSelectorRequirement", node_selector_requirement };

static const KubeField node_selector_term[] = {
  { "matchExpressions", LIST_OF (NodeSelectorRequirement), RULE (NODE_EXPRESSION) },
  { "matchFields",      LIST_OF (NodeSelectorRequirement), RULE (NODE_FIELD) },
  { NULL },
};
static const KubeType kube_type_NodeSelectorTerm = { "NodeSelectorTerm", node_selector_term };

static const KubeField node_selector[] = {
  { "nodeSelectorTerms", LIST_OF (NodeSelectorTerm) },
  { NULL },
};
static const KubeType kube_type_NodeSelector = { "NodeSelector", node_selector };

static const KubeField volume_node_affinity[] = {
  { "required", OBJECT (NodeSelector) },
  { NULL },
};
const KubeType kube_type_VolumeNodeAffinity = { "VolumeNodeAffinity", volume_node_affinity };

static const KubeField node_spec[] = {
  { "configSource",  ANY },
  { "externalID",    STRING },
  { "podCIDR",       STRING },
  { "podCIDRs",      STRINGS },
  { "providerID",    STRING },
  { "taints",        ANY },
  { "unschedulable", BOOL },
  { NULL },
};
static const KubeType kube_type_NodeSpec = { "NodeSpec", node_spec };

static const KubeField node[] = {
  { "apiVersion", STRING },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "spec",       OBJECT (NodeSpec) },
  { "status",     ANY },
  { NULL },
};
const KubeType kube_type_Node = { "Node", node };

static const KubeField token_request[] = {
  { "audience",          STRING },
  { "expirationSeconds", INT64 },
  { NULL },
};
static const KubeType kube_type_TokenRequest = { "TokenRequest", token_request };

static const KubeField csi_driver_spec[] = {
  { "attachRequired",                      BOOL, OTHERWISE ("true") },
  { "fsGroupPolicy",                       STRING, OTHERWISE ("ReadWriteOnceWithFSType"),
                                           ONE_OF ("File", "None", "ReadWriteOnceWithFSType") },
  { "nodeAllocatableUpdatePeriodSeconds",  INT64 },
  { "podInfoOnMount",                      BOOL, OTHERWISE ("false") },
  { "preventPodSchedulingIfMissing",       BOOL },
  { "requiresRepublish",                   BOOL, OTHERWISE ("false") },
  { "seLinuxMount",                        BOOL, OTHERWISE ("false") },
  { "serviceAccountTokenInSecrets",        BOOL },
  { "storageCapacity",                     BOOL, OTHERWISE ("false") },
  { "tokenRequests",                       LIST_OF (TokenRequest) },
  { "volumeLifecycleModes",                STRINGS, ONE_OF ("Ephemeral", "Persistent") },
  { NULL },
};
static const KubeType kube_type_CSIDriverSpec = { "CSIDriverSpec", csi_driver_spec };

static const KubeField csi_driver[] = {
  { "apiVersion", STRING },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "spec",       OBJECT (CSIDriverSpec), REQUIRED },
  { NULL },
};
const KubeType kube_type_CSIDriver = { "CSIDriver", csi_driver };
/* clang-format on */

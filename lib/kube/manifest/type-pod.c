/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods and their templates. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField pod_security_context[] = {
  { "appArmorProfile",          ANY },
  { "fsGroup",                  INT64, RULE (ID) },
  { "fsGroupChangePolicy",      STRING, ONE_OF ("Always", "OnRootMismatch") },
  { "runAsGroup",               INT64, RULE (ID) },
  { "runAsNonRoot",             BOOL },
  { "runAsUser",                INT64, RULE (ID) },
  { "seLinuxChangePolicy",      STRING, ONE_OF ("MountOption", "Recursive") },
  { "seLinuxOptions",           OBJECT (SELinuxOptions) },
  { "seccompProfile",           ANY },
  { "supplementalGroups",       INTEGERS, RULE (ID) },
  { "supplementalGroupsPolicy", STRING, ONE_OF ("Merge", "Strict") },
  { "sysctls",                  ANY },
  { "windowsOptions",           ANY },
  { NULL },
};
static const KubeType kube_type_PodSecurityContext = { "PodSecurityContext", pod_security_context };

static const KubeField pod_spec[] = {
  { "activeDeadlineSeconds",         INT64 },
  { "affinity",                      ANY },
  { "automountServiceAccountToken",  BOOL },
  { "containers",                    LIST_OF (Container), REQUIRED },
  { "dnsConfig",                     ANY },
  { "dnsPolicy",                     STRING, ONE_OF ("ClusterFirstWithHostNet", "ClusterFirst", "Default",
                                             "None"), OR_EMPTY },
  { "enableServiceLinks",            BOOL },
  { "ephemeralContainers",           LIST_OF (EphemeralContainer) },
  { "hostAliases",                   ANY },
  { "hostIPC",                       BOOL },
  { "hostNetwork",                   BOOL },
  { "hostPID",                       BOOL },
  { "hostUsers",                     BOOL },
  { "hostname",                      STRING, RULE (LABEL) },
  { "hostnameOverride",              STRING },
  { "imagePullSecrets",              ANY },
  { "initContainers",                LIST_OF (Container) },
  { "nodeName",                      STRING },
  { "nodeSelector",                  STRING_MAP, RULE (LABELS) },
  { "os",                            ANY },
  { "overhead",                      RESOURCES, RULE (AMOUNTS) },
  { "preemptionPolicy",              STRING },
  { "priority",                      INT32 },
  { "priorityClassName",             STRING },
  { "readinessGates",                ANY },
  { "resourceClaims",                ANY },
  { "resources",                     OBJECT (ResourceRequirements), RULE (RESOURCES) },
  { "restartPolicy",                 STRING, ONE_OF ("Always", "OnFailure", "Never"), OR_EMPTY },
  { "runtimeClassName",              STRING },
  { "schedulerName",                 STRING },
  { "schedulingGates",               ANY },
  { "schedulingGroup",               ANY },
  { "securityContext",               OBJECT (PodSecurityContext) },
  { "serviceAccount",                STRING },
  { "serviceAccountName",            STRING },
  { "setHostnameAsFQDN",             BOOL },
  { "shareProcessNamespace",         BOOL },
  { "subdomain",                     STRING, RULE (LABEL) },
  { "terminationGracePeriodSeconds", INT64 },
  { "tolerations",                   ANY },
  { "topologySpreadConstraints",     ANY },
  { "volumes",                       LIST_OF (Volume), RULE (VOLUME) },
  { "workloadRef",                   ANY },
  { NULL },
};
static const KubeType kube_type_PodSpec = { "PodSpec", pod_spec };

static const KubeField pod[] = {
  { "apiVersion", STRING },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "spec",       OBJECT (PodSpec), REQUIRED },
  { "status",     ANY },
  { NULL },
};
const KubeType kube_type_Pod = { "Pod", pod };

static const KubeField pod_template_spec[] = {
  { "metadata", OBJECT (TemplateMeta) },
  { "spec",     OBJECT (PodSpec), REQUIRED },
  { NULL },
};
const KubeType kube_type_PodTemplateSpec = { "PodTemplateSpec", pod_template_spec };

static const KubeField pod_template[] = {
  { "apiVersion", STRING },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "template",   OBJECT (PodTemplateSpec), REQUIRED },
  { NULL },
};
const KubeType kube_type_PodTemplate = { "PodTemplate", pod_template };
/* clang-format on */

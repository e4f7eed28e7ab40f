/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers: what they mount, and what they may use. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField volume_mount[] = {
  { "name",              STRING, REQUIRED },
  { "mountPath",         STRING, REQUIRED },
  { "mountPropagation",  STRING, ONE_OF ("Bidirectional", "HostToContainer", "None") },
  { "readOnly",          BOOL },
  { "recursiveReadOnly", STRING, ONE_OF ("Disabled", "Enabled", "IfPossible") },
  { "subPath",           STRING, RULE (DESCENDING) },
  { "subPathExpr",       STRING, RULE (DESCENDING) },
  { NULL },
};
static const KubeType kube_type_VolumeMount = { "VolumeMount", volume_mount };

static const KubeField volume_device[] = {
  { "name",       STRING, REQUIRED },
  { "devicePath", STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_VolumeDevice = { "VolumeDevice", volume_device };

static const KubeField resource_requirements[] = {
  { "claims",   ANY },
  { "limits",   RESOURCES, RULE (AMOUNTS) },
  { "requests", RESOURCES, RULE (AMOUNTS) },
  { NULL },
};
const KubeType kube_type_ResourceRequirements = { "ResourceRequirements", resource_requirements };

static const KubeField se_linux_options[] = {
  { "level", STRING },
  { "role",  STRING },
  { "type",  STRING },
  { "user",  STRING },
  { NULL },
};
const KubeType kube_type_SELinuxOptions = { "SELinuxOptions", se_linux_options };

static const KubeField security_context[] = {
  { "allowPrivilegeEscalation", BOOL },
  { "appArmorProfile",          ANY },
  { "capabilities",             ANY },
  { "privileged",               BOOL },
  { "procMount",                STRING },
  { "readOnlyRootFilesystem",   BOOL },
  { "runAsGroup",               INT64, RULE (ID) },
  { "runAsNonRoot",             BOOL },
  { "runAsUser",                INT64, RULE (ID) },
  { "seLinuxOptions",           OBJECT (SELinuxOptions) },
  { "seccompProfile",           ANY },
  { "windowsOptions",           ANY },
  { NULL },
};
static const KubeType kube_type_SecurityContext = { "SecurityContext", security_context };

#define CONTAINER_FIELDS \
  { "name",                     STRING, RULE (LABEL), REQUIRED }, \
  { "args",                     STRINGS }, \
  { "command",                  STRINGS }, \
  { "env",                      LIST_OF (EnvVar), RULE (ENV) }, \
  { "envFrom",                  LIST_OF (EnvFromSource), RULE (ENV_FROM) }, \
  { "image",                    STRING, REQUIRED }, \
  { "imagePullPolicy",          STRING, ONE_OF ("Always", "IfNotPresent", "Never"), OR_EMPTY }, \
  { "lifecycle",                ANY }, \
  { "livenessProbe",            ANY }, \
  { "ports",                    ANY }, \
  { "readinessProbe",           ANY }, \
  { "resizePolicy",             ANY }, \
  { "resources",                OBJECT (ResourceRequirements), RULE (RESOURCES) }, \
  { "restartPolicy",            STRING }, \
  { "restartPolicyRules",       ANY }, \
  { "securityContext",          OBJECT (SecurityContext) }, \
  { "startupProbe",             ANY }, \
  { "stdin",                    BOOL }, \
  { "stdinOnce",                BOOL }, \
  { "terminationMessagePath",   STRING }, \
  { "terminationMessagePolicy", STRING, ONE_OF ("File", "FallbackToLogsOnError"), OR_EMPTY }, \
  { "tty",                      BOOL }, \
  { "volumeDevices",            LIST_OF (VolumeDevice) }, \
  { "volumeMounts",             LIST_OF (VolumeMount), RULE (MOUNT) }, \
  { "workingDir",               STRING }

static const KubeField container[] = {
  CONTAINER_FIELDS,
  { NULL },
};
const KubeType kube_type_Container = { "Container", container };

static const KubeField ephemeral_container[] = {
  CONTAINER_FIELDS,
  { "targetContainerName",      STRING },
  { NULL },
};
const KubeType kube_type_EphemeralContainer = { "EphemeralContainer", ephemeral_container };
/* clang-format on */

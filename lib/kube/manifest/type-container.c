/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers: what they mount, what they may use, and the environment that a runtime builds from objects. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField volume_mount[] = {
  { "name",              STRING, REQUIRED },
  { "mountPath",         STRING, REQUIRED },
  { "mountPropagation",  STRING, ONE_OF ("Bidirectional", "HostToContainer", "None") },
  { "readOnly",          BOOL },
  { "recursiveReadOnly", STRING, ONE_OF ("Disabled", "Enabled", "IfPossible") },
  { "subPath",           STRING, RULE (DESCENDING) },
  { "subPathExpr",       STRING, RULE (DESCENDING), LATER },
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
  { "limits",   RESOURCES },
  { "requests", RESOURCES },
  { NULL },
};
const KubeType kube_type_ResourceRequirements = { "ResourceRequirements", resource_requirements };

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
  { "seLinuxOptions",           ANY },
  { "seccompProfile",           ANY },
  { "windowsOptions",           ANY },
  { NULL },
};
static const KubeType kube_type_SecurityContext = { "SecurityContext", security_context };

static const KubeField key_selector[] = {
  { "key",      STRING, REQUIRED },
  { "name",     STRING },
  { "optional", BOOL },
  { NULL },
};
static const KubeType kube_type_KeySelector = { "ConfigMapKeySelector, SecretKeySelector", key_selector };

static const KubeField field_selector[] = {
  { "apiVersion", STRING, OTHERWISE ("v1") },
  { "fieldPath",  STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_ObjectFieldSelector = { "ObjectFieldSelector", field_selector };

static const KubeField resource_field_selector[] = {
  { "containerName", STRING },
  { "divisor",       ANY },
  { "resource",      STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_ResourceFieldSelector = { "ResourceFieldSelector", resource_field_selector };

static const KubeField env_var_source[] = {
  { "configMapKeyRef",  OBJECT (KeySelector) },
  { "fieldRef",         OBJECT (ObjectFieldSelector) },
  { "fileKeyRef",       ANY },
  { "resourceFieldRef", OBJECT (ResourceFieldSelector) },
  { "secretKeyRef",     OBJECT (KeySelector) },
  { NULL },
};
static const KubeType kube_type_EnvVarSource = { "EnvVarSource", env_var_source };

static const KubeField env_var[] = {
  { "name",      STRING, REQUIRED },
  { "value",     STRING, PRIVATE },
  { "valueFrom", OBJECT (EnvVarSource) },
  { NULL },
};
static const KubeType kube_type_EnvVar = { "EnvVar", env_var };

static const KubeField env_source[] = {
  { "name",     STRING, REQUIRED },
  { "optional", BOOL },
  { NULL },
};
static const KubeType kube_type_EnvSource = { "ConfigMapEnvSource, SecretEnvSource", env_source };

static const KubeField env_from_source[] = {
  { "configMapRef", OBJECT (EnvSource) },
  { "prefix",       STRING },
  { "secretRef",    OBJECT (EnvSource) },
  { NULL },
};
static const KubeType kube_type_EnvFromSource = { "EnvFromSource", env_from_source };

#define CONTAINER_FIELDS \
  { "name",                     STRING, RULE (LABEL), REQUIRED }, \
  { "args",                     STRINGS }, \
  { "command",                  STRINGS }, \
  { "env",                      LIST_OF (EnvVar) }, \
  { "envFrom",                  LIST_OF (EnvFromSource) }, \
  { "image",                    STRING, REQUIRED }, \
  { "imagePullPolicy",          STRING, ONE_OF ("Always", "IfNotPresent", "Never") }, \
  { "lifecycle",                ANY }, \
  { "livenessProbe",            ANY }, \
  { "ports",                    ANY }, \
  { "readinessProbe",           ANY }, \
  { "resizePolicy",             ANY }, \
  { "resources",                OBJECT (ResourceRequirements) }, \
  { "restartPolicy",            STRING }, \
  { "restartPolicyRules",       ANY }, \
  { "securityContext",          OBJECT (SecurityContext) }, \
  { "startupProbe",             ANY }, \
  { "stdin",                    BOOL }, \
  { "stdinOnce",                BOOL }, \
  { "terminationMessagePath",   STRING }, \
  { "terminationMessagePolicy", STRING }, \
  { "tty",                      BOOL }, \
  { "volumeDevices",            LIST_OF (VolumeDevice) }, \
  { "volumeMounts",             LIST_OF (VolumeMount) }, \
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment that a runtime builds from objects. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField key_selector[] = {
  { "key",      STRING, RULE (CONFIG_KEY), REQUIRED },
  { "name",     STRING, RULE (SUBDOMAIN) },
  { "optional", BOOL },
  { NULL },
};
static const KubeType kube_type_KeySelector = { "ConfigMapKeySelector, SecretKeySelector", key_selector };

/* A file of a volume, in the syntax of a shell's assignments. */
static const KubeField file_key_selector[] = {
  { "key",        STRING, REQUIRED },
  { "optional",   BOOL },
  { "path",       STRING, RULE (NOT_RESERVED), REQUIRED },
  { "volumeName", STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_FileKeySelector = { "FileKeySelector", file_key_selector };

static const KubeField object_field_selector[] = {
  { "apiVersion", STRING, OTHERWISE ("v1") },
  { "fieldPath",  STRING, REQUIRED },
  { NULL },
};
const KubeType kube_type_ObjectFieldSelector = { "ObjectFieldSelector", object_field_selector };

static const KubeField resource_field_selector[] = {
  { "containerName", STRING },
  { "divisor",       DIVISOR },
  { "resource",      STRING, REQUIRED },
  { NULL },
};
static const KubeType kube_type_ResourceFieldSelector = { "ResourceFieldSelector", resource_field_selector };

static const KubeField env_var_source[] = {
  { "configMapKeyRef",  OBJECT (KeySelector), RULE (ENV_KEY) },
  { "fieldRef",         OBJECT (ObjectFieldSelector), RULE (ENV_FIELD) },
  { "fileKeyRef",       OBJECT (FileKeySelector) },
  { "resourceFieldRef", OBJECT (ResourceFieldSelector), RULE (RESOURCE_FIELD) },
  { "secretKeyRef",     OBJECT (KeySelector), RULE (ENV_KEY) },
  { NULL },
};
static const KubeType kube_type_EnvVarSource = { "EnvVarSource", env_var_source };

static const KubeField env_var[] = {
  { "name",      STRING, RULE (ENV_NAME), REQUIRED },
  { "value",     STRING, PRIVATE },
  { "valueFrom", OBJECT (EnvVarSource) },
  { NULL },
};
const KubeType kube_type_EnvVar = { "EnvVar", env_var };

static const KubeField env_source[] = {
  { "name",     STRING, RULE (SUBDOMAIN), REQUIRED },
  { "optional", BOOL },
  { NULL },
};
static const KubeType kube_type_EnvSource = { "ConfigMapEnvSource, SecretEnvSource", env_source };

static const KubeField env_from_source[] = {
  { "configMapRef", OBJECT (EnvSource) },
  { "prefix",       STRING, RULE (ENV_NAME) },
  { "secretRef",    OBJECT (EnvSource) },
  { NULL },
};
const KubeType kube_type_EnvFromSource = { "EnvFromSource", env_from_source };
/* clang-format on */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects that hold what volumes are filled with, and the accounts that tokens are for. */
#include "manifest/types.h"

/* clang-format off */
static const KubeField config_map[] = {
  { "apiVersion", STRING },
  { "binaryData", BASE64_MAP, PRIVATE },
  { "data",       STRING_MAP, PRIVATE },
  { "immutable",  BOOL },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { NULL },
};
const KubeType kube_type_ConfigMap = { "ConfigMap", config_map };

/* Private as a whole: whoever gets the indentation wrong shall not find a password in a log. */
static const KubeField secret[] = {
  { "apiVersion", STRING },
  { "data",       BASE64_MAP },
  { "immutable",  BOOL },
  { "kind",       STRING },
  { "metadata",   OBJECT (ObjectMeta) },
  { "stringData", STRING_MAP },
  { "type",       STRING, OTHERWISE ("Opaque") },
  { NULL },
};
const KubeType kube_type_Secret = { "Secret", secret, .private = TRUE };

static const KubeField service_account[] = {
  { "apiVersion",                   STRING },
  { "automountServiceAccountToken", BOOL },
  { "imagePullSecrets",             ANY },
  { "kind",                         STRING },
  { "metadata",                     OBJECT (ObjectMeta) },
  { "secrets",                      LIST_OF (ObjectReference) },
  { NULL },
};
const KubeType kube_type_ServiceAccount = { "ServiceAccount", service_account };
/* clang-format on */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "kvol-macros.h"

G_BEGIN_DECLS

/**
 * KvolPod:
 *
 * A pod: its identity, its volumes (claims already resolved to sources), its containers and their mounts.
 * An immutable value, reference counted. libkvol-kube builds it from manifests; an agent with pod structures
 * of its own builds it itself.
 */
#define KVOL_TYPE_POD (kvol_pod_get_type ())
typedef struct _KvolPod KvolPod;

KVOL_API GType kvol_pod_get_type (void);

/**
 * kvol_pod_new:
 * @object: the Pod object as `a{sv}`; a floating reference is taken
 * @error: return location for a #GError
 *
 * Makes a pod of an object whose keys are the Kubernetes field names: `metadata` (`name`, `namespace`, `uid`),
 * `spec` (`volumes`, `containers`, `initContainers`, `securityContext`, ...). Strings are `s`, booleans `b`,
 * integers and quantities `x`, lists of strings `as`, lists of objects `aa{sv}`, objects `a{sv}`; an unset
 * field is absent; unknown keys are kept. A quantity counts bytes, except `cpu`, which counts thousandths.
 *
 * A volume that stands for a claim carries the volume's own source in place of `persistentVolumeClaim`, and
 * beside it `specName` (the PersistentVolume's name), `accessModes`, `mountOptions`, `capacity`, `readOnly`.
 *
 * Returns: (transfer full): the pod, or %NULL with
 *   %KVOL_ERROR_INVALID_SPEC (the message begins with the field's path) or
 *   %KVOL_ERROR_NOT_SUPPORTED (a volume source that kvol does not know)
 */
KVOL_API KvolPod *kvol_pod_new (GVariant *object, GError **error);

/**
 * kvol_pod_ref:
 * @self: a pod
 *
 * Returns: (transfer full): @self
 */
KVOL_API KvolPod *kvol_pod_ref (KvolPod *self);

/**
 * kvol_pod_unref:
 * @self: (transfer full): a pod
 *
 * Gives a reference back.
 */
KVOL_API void kvol_pod_unref (KvolPod *self);

/**
 * kvol_pod_get_uid:
 * @self: a pod
 *
 * Returns: (transfer none): `metadata.uid`, the name of the pod's directory
 */
KVOL_API const char *kvol_pod_get_uid (KvolPod *self);

/**
 * kvol_pod_get_namespace:
 * @self: a pod
 *
 * Returns: (transfer none): `metadata.namespace`, "default" when the object has none
 */
KVOL_API const char *kvol_pod_get_namespace (KvolPod *self);

/**
 * kvol_pod_get_name:
 * @self: a pod
 *
 * Returns: (transfer none): `metadata.name`
 */
KVOL_API const char *kvol_pod_get_name (KvolPod *self);

/**
 * kvol_pod_get_object:
 * @self: a pod
 *
 * Returns: (transfer none): the object that the pod was made of, `a{sv}`
 */
KVOL_API GVariant *kvol_pod_get_object (KvolPod *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (KvolPod, kvol_pod_unref)

G_END_DECLS

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
 * field is absent; unknown keys are kept. A quantity counts bytes, except `cpu`, which counts thousandths; so
 * does the `divisor` of a `resourceFieldRef` to it.
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

/**
 * kvol_pod_get_field:
 * @self: a pod
 * @path: the `fieldPath` of a `fieldRef`
 * @error: return location for a #GError
 *
 * What a reference to a field of the pod means in an environment variable (upstream `pkg/fieldpath`):
 * `metadata.name`, `.namespace`, `.uid`, `.labels` and `.annotations`, the last two also with a subscript
 * (`metadata.labels['KEY']`), `spec.nodeName`, `spec.serviceAccountName`, `status.hostIP`, `.hostIPs`, `.podIP`,
 * `.podIPs`. A map is one `KEY="VALUE"` to a line, sorted. What the object does not say is "".
 *
 * Returns: (transfer full): the value, or %NULL with %KVOL_ERROR_INVALID_SPEC
 */
KVOL_API char *kvol_pod_get_field (KvolPod *self, const char *path, GError **error);

/**
 * kvol_pod_get_resource:
 * @self: a pod
 * @container: the name of one of its containers or initContainers
 * @resource: the `resource` of a `resourceFieldRef`: `limits.` or `requests.` and `cpu`, `memory`,
 *   `ephemeral-storage` or `hugepages-SIZE`
 * @divisor: what it is counted in, bytes, for `cpu` thousandths; 0: 1 (byte, CPU)
 * @root_dir: (nullable): the manager's root: its file system is what ephemeral storage is taken from
 * @error: return location for a #GError
 *
 * What a reference to a resource means, rounded up. A container without a limit has all that this node has: its
 * memory, its CPUs that are online, the file system of @root_dir. A request that is not made is as large as the
 * limit that is set, else 0.
 *
 * Returns: (transfer full): a decimal number, or %NULL with %KVOL_ERROR_INVALID_SPEC
 */
KVOL_API char *kvol_pod_get_resource (KvolPod *self, const char *container, const char *resource, gint64 divisor,
                                      const char *root_dir, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (KvolPod, kvol_pod_unref)

G_END_DECLS

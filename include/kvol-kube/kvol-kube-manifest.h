/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <kvol-kube/kvol-kube-problem.h>

G_BEGIN_DECLS

/**
 * KvolKubeManifest:
 *
 * The Kubernetes objects of some files, and what is wrong with them. Of two objects of one kind, namespace and name the
 * later one counts, and a note says so. What an API server would not accept as an update of the earlier one (another
 * content of an immutable ConfigMap or Secret, another source of a volume) is an error, and the earlier one stays; but
 * the files of one directory may be there to choose from, and are no updates of each other. A pod's spec may change:
 * that makes it another pod. Not for two threads at once.
 */
#define KVOL_KUBE_TYPE_MANIFEST (kvol_kube_manifest_get_type ())
KVOL_API G_DECLARE_FINAL_TYPE (KvolKubeManifest, kvol_kube_manifest, KVOL_KUBE, MANIFEST, GObject)

/**
 * kvol_kube_manifest_new:
 *
 * Returns: (transfer full): a manifest without objects
 */
KVOL_API KvolKubeManifest *kvol_kube_manifest_new (void);

/**
 * kvol_kube_manifest_add_path:
 * @self: a manifest
 * @path: (type filename): a file (YAML or JSON), or a directory, of which every `*.yaml`, `*.yml` and `*.json` is
 *   read, sub-directories included, in the order of their names
 *
 * Reads and checks objects. What cannot be read becomes a problem. Names that begin with a dot are left out of a
 * directory, and a link to another directory is not followed.
 */
KVOL_API void kvol_kube_manifest_add_path (KvolKubeManifest *self, const char *path);

/**
 * kvol_kube_manifest_add_bytes:
 * @self: a manifest
 * @name: what problems call the file
 * @bytes: YAML or JSON
 *
 * Reads and checks objects, like kvol_kube_manifest_add_path().
 */
KVOL_API void kvol_kube_manifest_add_bytes (KvolKubeManifest *self, const char *name, GBytes *bytes);

/**
 * kvol_kube_manifest_add_objects:
 * @self: a manifest
 * @other: another one
 *
 * Lets the pods of @self claim what @other holds too: claims, volumes, and the node's labels. Of two objects of one
 * name that of @self counts. @other's own pods and problems stay its own.
 */
KVOL_API void kvol_kube_manifest_add_objects (KvolKubeManifest *self, KvolKubeManifest *other);

/**
 * kvol_kube_manifest_set_older:
 * @self: a manifest
 * @older: the manifest that @self takes the place of; nothing may be added to it after
 *
 * For objects that change while pods live. What @older holds is there already: an object of @self that an API server
 * would not accept as its update is an error, and @self holds that of @older instead. So a #KvolKubeStore that got
 * @older, and now gets @self, never changes an immutable ConfigMap under the pods that use it. Call it before anything
 * is added.
 */
KVOL_API void kvol_kube_manifest_set_older (KvolKubeManifest *self, KvolKubeManifest *older);

/**
 * kvol_kube_manifest_set_node:
 * @self: a manifest
 * @name: the name of the node that the pods run on; without this call it is the host's name, in small letters
 * @labels: (nullable) (element-type utf8 utf8): labels of the node. It has `kubernetes.io/hostname`,
 *   `kubernetes.io/os` and `kubernetes.io/arch` anyway, and those of a Node object of that name; a label given here
 *   takes the place of all of them. Not to be changed after
 *
 * Says where the pods run: that is the `spec.nodeName` of those that do not name a node, and a volume with a node
 * affinity is for pods of the nodes that it names alone. Call it before anything is added.
 */
KVOL_API void kvol_kube_manifest_set_node (KvolKubeManifest *self, const char *name, GHashTable *labels);

/**
 * kvol_kube_manifest_dup_pods:
 * @self: a manifest
 *
 * The pods that the objects ask for, by fixed rules, so that a second run finds the first one's volumes: a Pod as it
 * is, `NAME-INDEX` from 0 of a Deployment, ReplicaSet, ReplicationController or Job, `NAME-ORDINAL` of a StatefulSet,
 * `NAME-0` of a DaemonSet or CronJob. A pod without `metadata.uid` gets one that follows from its namespace, name and
 * spec. Objects with an error, or a warning, have no pods here.
 *
 * A claim is replaced by the volume that it is bound to: the claim's `spec.volumeName` names the volume, or the
 * volume's `spec.claimRef` the claim (upstream pkg/controller/volume/persistentvolume; a StatefulSet's claims are those
 * of its `volumeClaimTemplates`). A pod whose claims have no volume is left out, with a
 * problem of %KVOL_KUBE_PENDING.
 *
 * Returns: (transfer container) (element-type KvolPod): the pods, in the order of the files
 */
KVOL_API GPtrArray *kvol_kube_manifest_dup_pods (KvolKubeManifest *self);

/**
 * kvol_kube_manifest_get_problems:
 * @self: a manifest
 *
 * Returns: (transfer none) (element-type KvolKubeProblem): all problems so far, in the order of files and lines
 */
KVOL_API GPtrArray *kvol_kube_manifest_get_problems (KvolKubeManifest *self);

/**
 * kvol_kube_manifest_has:
 * @self: a manifest
 * @severity: a severity
 *
 * Returns: whether a problem of just that severity was found
 */
KVOL_API gboolean kvol_kube_manifest_has (KvolKubeManifest *self, KvolKubeSeverity severity);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <kvol/kvol-store.h>
#include <kvol-kube/kvol-kube-manifest.h>

G_BEGIN_DECLS

/**
 * KvolKubeStore:
 *
 * A #KvolStore of the ConfigMaps and Secrets of manifests, in memory. It answers from any thread, and at once. What it
 * answers about Secrets is wiped when the last reference to the answer and the store are gone.
 *
 * It signs no service account tokens, but has those of Secrets of type `kubernetes.io/service-account-token`: the
 * account is that of the annotation `kubernetes.io/service-account.name`, in the Secret's namespace, and of several
 * Secrets the one with the first name counts. A token that says when it expires is answered with that time, one that
 * does not with the time that was asked for. Without such a Secret the answer is %KVOL_ERROR_ABSENT.
 */
#define KVOL_KUBE_TYPE_STORE (kvol_kube_store_get_type ())
KVOL_API G_DECLARE_FINAL_TYPE (KvolKubeStore, kvol_kube_store, KVOL_KUBE, STORE, GObject)

/**
 * kvol_kube_store_new:
 *
 * Returns: (transfer full): a store without objects
 */
KVOL_API KvolKubeStore *kvol_kube_store_new (void);

/**
 * kvol_kube_store_add:
 * @self: a store
 * @manifest: its objects are added, but those with an error; an object of the same kind, namespace and name is replaced
 *
 * An object's `version` follows from its content, so that the same content is the same version after a restart.
 */
KVOL_API void kvol_kube_store_add (KvolKubeStore *self, KvolKubeManifest *manifest);

G_END_DECLS

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

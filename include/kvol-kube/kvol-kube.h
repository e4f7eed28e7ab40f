/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol-kube.h - Kubernetes manifests for libkvol: bytes become objects, workloads become pods, and objects are a
 * KvolStore.
 *
 *     g_autoptr (KvolKubeManifest) manifest = kvol_kube_manifest_new ();
 *     kvol_kube_manifest_add_path (manifest, "guestbook/");
 *     kvol_kube_store_add (store, manifest);
 *     pods = kvol_kube_manifest_dup_pods (manifest);
 *
 * Over <kvol/kvol.h> alone: an agent with pod structures of its own does not need this library.
 */
#pragma once

#include <kvol-kube/kvol-kube-config.h>
#include <kvol-kube/kvol-kube-manifest.h>
#include <kvol-kube/kvol-kube-problem.h>
#include <kvol-kube/kvol-kube-store.h>

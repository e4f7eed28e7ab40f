/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol.h - the caller's side of libkvol: pods go in, mounts come out.
 *
 *     g_autoptr (KvolManager) manager = kvol_manager_new ("/var/lib/kubelet", &error);
 *     kvol_manager_load_plugins (manager, NULL, NULL, NULL, &error);
 *     kvol_manager_recover (manager, FALSE, NULL, &error);
 *     kvol_manager_sync_pod (manager, pod, NULL, &error);
 *     mounts = kvol_manager_get_mounts (manager, kvol_pod_get_uid (pod), "web", &error);
 *
 * Functions may be called from any thread unless their documentation says otherwise. A `get` lends, a `dup`
 * gives. Errors are of the domain %KVOL_ERROR; their messages are sentences for an operator.
 */
#pragma once

#include <kvol/kvol-environment.h>
#include <kvol/kvol-error.h>
#include <kvol/kvol-images.h>
#include <kvol/kvol-manager.h>
#include <kvol/kvol-mount.h>
#include <kvol/kvol-pod.h>
#include <kvol/kvol-store.h>

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subPath: a part of a volume, bound beside the pod so that a runtime mounts just that and nothing in the volume can
 * lead it elsewhere (upstream pkg/volume/util/subpath). */
#pragma once

#include "engine/layout.h"
#include "engine/state.h"
#include "engine/unmount.h"

/* Makes the binds of all containers of the pod. The volumes are in their places. */
gboolean engine_subpath_prepare (Engine *self, EnginePod *pod, LayoutPod *layout, GCancellable *cancellable,
                                 GError **error);

/* Removes the binds of one volume. @pod_fd: the pod's directory. Never descends into one. */
gboolean engine_subpath_remove (EngineUnmount *unmount, int pod_fd, const EnginePod *pod, const EngineVolume *volume,
                                GError **error);

/* Removes what is left when that was done for all volumes: of a pod of which only the directory is known, whatever is
 * there, because a volume without a directory of its own, such as a hostPath, shows nowhere else. */
gboolean engine_subpath_remove_rest (EngineUnmount *unmount, int pod_fd, const EnginePod *pod, GError **error);

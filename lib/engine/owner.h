/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets a volume's content: the pod's fsGroup, applied before anybody can see the content. */
#pragma once

#include "engine/call.h"
#include "engine/state.h"

/* Gives what @content_fd holds to the pod's fsGroup, when there is one and the plugin leaves that to the host. Of
 * content that pods share (KVOL_PLUGIN_SHARED) only the first pod is asked; another one gets a condition when it wants
 * another group. Until engine_owner_done() others that share it wait here. */
gboolean engine_owner_apply (Engine *self, const LoaderPlugin *plugin, EnginePod *pod, EngineVolume *volume,
                             const EngineCall *call, const KvolMade *made, int content_fd, GCancellable *cancellable,
                             GError **error);

/* The volume is in its place, or will not be: others see for themselves. */
void engine_owner_done (Engine *self, EngineVolume *volume);

/* With a sync: whom the content was shared with may be gone by now, and then the condition that tells of it goes too.
 * The content keeps the group that it has: its pod is using it. */
void engine_owner_review (Engine *self, EnginePod *pod, EngineVolume *volume);

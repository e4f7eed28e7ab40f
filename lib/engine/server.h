/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process behind a volume, of which its plugin gave a pidfd to watch. With it the volume dies: whoever has it open
 * gets errors, until the plugin is asked and another takes its place. Who watches hears of it; everybody else finds the
 * process written down with the volume, and asks the kernel, without a word to plugin or server. */
#pragma once

#include "engine/state.h"

/* By the owner of the pod's claim: @watch_fd, or none (-1), is what the plugin gave now. */
void engine_server_set (Engine *self, EnginePod *pod, EngineVolume *volume, int watch_fd);

/* The same of a volume that stands as it stood: a process of other namespaces is not given here, and not forgotten. */
void engine_server_review (Engine *self, EnginePod *pod, EngineVolume *volume, int watch_fd);

/* Of a volume that counts as READY. What is not known to have died lives. */
gboolean engine_server_is_dead (const EngineVolume *volume);

/* Those of @servers (SysProcess) that have died; the lock is not held. (transfer full) */
GArray *engine_server_pick_dead (const GArray *servers);

/* A sentence: what it means that @server has died. */
char *engine_server_dup_text (const SysProcess *server);

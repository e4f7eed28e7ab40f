/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a volume's mounts come off: at once where the kernel alone decides, with a deadline where a server does. */
#pragma once

#include "engine/state.h"
#include "sys/unmount.h"

typedef struct {
  gboolean   is_remote;
  gboolean   server_had_died; /* before anything was unmounted */
  SysUnmount remote;
} EngineUnmount;

/* For the mounts of one volume. @plugin may be NULL (it is gone, or not known): then a server is feared. @server: the
 * process behind the volume; or NULL. */
void engine_unmount_init (EngineUnmount *self, Engine *engine, const LoaderPlugin *plugin, const SysProcess *server);

/* Unmounts what is mounted on the single name @name below @dir_fd. */
gboolean engine_unmount_at (EngineUnmount *self, int dir_fd, const char *name, GError **error);

/* Makes a condition of it when a mount did not come off as it should: it is known, whatever the removal comes to, until
 * the pod is gone. */
void engine_unmount_tell (const EngineUnmount *self, Engine *engine, EnginePod *pod, EngineVolume *volume);

/* What a volume is that was taken down: GONE, or DETACHED. */
EngineState engine_unmount_get_end (const EngineVolume *volume);
/* Why it was not just unmounted, a sentence; or NULL. Called with the lock held. */
const char *engine_unmount_get_text (const EngineVolume *volume);

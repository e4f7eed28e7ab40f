/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume's place, and whether what is found in it is the volume's. A mount is the volume's when it has the id on
 * record, and by nothing else; everything that opens, refreshes, adopts or unmounts a volume asks here first. */
#pragma once

#include "engine/state.h"

/* An uncertain volume may have been mounted by a set-up that was cut off before it could say which mount it hung. Its
 * place was empty then, so the mount that is there now is the one: from here on it is known by its id. @info is what
 * was found in the place. */
void engine_place_settle (Engine *self, EngineVolume *volume, const SysMountInfo *info);

/* Whether what was found is the volume's own mount. */
gboolean engine_place_is_own_mount (const EngineVolume *volume, const SysMountInfo *info);

/* Whether what was found is what the volume was made: its mount, or its directory and nothing on that. */
gboolean engine_place_is_filled (const EngineVolume *volume, const SysMountInfo *info);

/* BUSY: somebody else's mount is in the way. */
gboolean engine_place_throw_foreign (const EngineVolume *volume, GError **error);

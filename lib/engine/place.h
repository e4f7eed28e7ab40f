/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume's place, and whether what is found in it is the volume's. A mount is the volume's when it has the id on
 * record, and by nothing else; everything that opens, refreshes, adopts or unmounts a volume asks here first. */
#pragma once

#include "engine/state.h"

/* An uncertain volume may have been mounted by a set-up that was cut off before it could say which mount it hung. Its
 * place had been looked at and was empty then, so the mount that is there now is the one. @info is what was found in
 * the place. */
gboolean engine_place_is_cut_off (const EngineVolume *volume, const SysMountInfo *info);

/* Looks at the place before a set-up is written down: what a cut-off one left is known by its id from here on.
 * *@ret_is_empty: no mount is there. BUSY: somebody else's is, and the set-up may not begin. */
gboolean engine_place_look (Engine *self, EngineVolume *volume, gboolean *ret_is_empty, GError **error);

/* Before a set-up is written down, of a place in which nothing is: the mount that the volume had is gone, and who was
 * behind it is behind nothing. What a set-up that is cut off after this leaves must not be held against them. */
void engine_place_forget (Engine *self, EnginePod *pod, EngineVolume *volume);

/* Whether what was found is the volume's own mount. */
gboolean engine_place_is_own_mount (const EngineVolume *volume, const SysMountInfo *info);

/* Whether what was found is what the volume was made: its mount, or its directory and nothing on that. */
gboolean engine_place_is_filled (const EngineVolume *volume, const SysMountInfo *info);

/* BUSY: somebody else's mount is in the way. */
gboolean engine_place_throw_foreign (const EngineVolume *volume, GError **error);

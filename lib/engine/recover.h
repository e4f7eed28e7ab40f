/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After a start: records, directories and the kernel together say what is there. See engine.h for engine_recover(). */
#pragma once

#include "engine/pod.h"

/* A pod of which only the directory is known: its volumes by their names. NULL with ABSENT when there is no
 * directory. */
EnginePod *engine_recover_discover (Engine *self, const char *uid, GError **error);

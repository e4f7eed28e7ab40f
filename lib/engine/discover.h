/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pod of which only the directory is known. */
#pragma once

#include "engine/state.h"

/* Its volumes are known by their names. NULL with ABSENT when there is no directory. */
EnginePod *engine_discover (Engine *self, const char *uid, GError **error);

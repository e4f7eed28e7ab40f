/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plugins ask of the engine: records, objects, publication. */
#pragma once

#include "engine/state.h"

extern const LoaderHostOps engine_services; /* its data is the Engine */

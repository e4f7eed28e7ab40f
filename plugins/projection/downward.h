/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "faults.h"
#include "payload.h"

/* Adds the files of @options (items), which come with their content from the host. One without a mode of its own gets
 * @mode. Every item is looked at; what is wrong goes into @faults. */
void projection_downward_render (GVariant *options, guint32 mode, ProjectionPayload *payload, ProjectionFaults *faults);

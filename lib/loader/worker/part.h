/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look into a volume that may hang. The plugin has no hand in it: its worker is a process that can be killed, and
 * that is all that is wanted of it. */
#pragma once

#include "loader/wire.h"

/* Answers a detached bind of what lies at the path in the volume: in the directory that came with the request, or in
 * the host's at the path that did. */
gboolean part_open (const WireRequest *request, WireAnswer *answer, GError **error);

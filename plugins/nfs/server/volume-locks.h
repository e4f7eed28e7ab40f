/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module of locks in the life of a volume. */
#pragma once

#include "volume.h"

/* When the server is to keep locks. After confine(): it has a thread. FALSE with a sentence. */
gboolean volume_locks_start (Volume *volume, GError **error);

/* After the loops, which are still there. */
void volume_locks_end (Volume *volume);

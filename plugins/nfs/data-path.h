/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a volume's data: from a server that was found willing to a detached mount. */
#pragma once

#include "cause.h"
#include "target.h"

/* A mount of @target for the host to hang. FALSE with a cause. */
gboolean nfs_data_path_open (const NfsTarget *target, KvolMade *made, GError **error);

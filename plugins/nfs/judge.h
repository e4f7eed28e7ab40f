/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what in an export of NFS 3: owners and modes tell it, or the server alone knows. */
#pragma once

#include "probe.h"

/* Whether the server grants what owners and modes deny. @found: what a probe of version 3 has found. @may_write: a
 * directory may be made in the export, for a moment. What its answers do not tell is FALSE in @ret_is_server. FALSE
 * with a cause or another error: it does not answer. */
gboolean nfs_judge (const NfsTarget *target, const NfsFound *found, gboolean may_write, const NfsDeadline *deadline,
                    gboolean *ret_is_server, GError **error);

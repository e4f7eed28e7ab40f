/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the server's name to its addresses. */
#pragma once

#include "endpoint.h"

/* (element-type NfsEndpoint) in the order in which they are to be tried; at least one. @family: AF_UNSPEC for any; an
 * address that is written out has its own. NULL with NFS_NAME_NOT_RESOLVED, or cancelled. */
GArray *nfs_resolve (const char *server, int family, const NfsDeadline *deadline, GError **error);

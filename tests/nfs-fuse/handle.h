/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server calls its files. */
#pragma once

#include "lock-record.h"

/* The handle of @export, or of the entry @name in it; from a server on 127.0.0.1 with the ports of server.h. Fails the
 * test when there is none. */
LockFile handle_get (const char *export, const char *name);

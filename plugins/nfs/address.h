/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two strings that say where an NFS volume is: they end up in the kernel's and a helper's arguments. */
#pragma once

#include <kvol/kvol-abi.h>

/* A host name or the literal of an IP address, IPv6 with brackets or without. The answer is without. */
char *nfs_address_read_server (const char *server, GError **error);

/* An absolute path of the server's. */
gboolean nfs_address_check_path (const char *path, GError **error);

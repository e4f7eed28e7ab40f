/* SPDX-License-Identifier: MIT */
/* What this node is called. */
#pragma once

#include <glib.h>

/* Whether @name may be a node's: a DNS subdomain in lower case, as the API server wants it. */
gboolean node_name_check (const char *name, GError **error);

/* The host name in lower case, as a kubelet calls its node (`pkg/util/node`). The caller frees it. */
char *node_name_of_host (void);

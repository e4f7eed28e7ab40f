/* SPDX-License-Identifier: MIT */
/* What this node is called. */
#pragma once

#include <glib.h>

/* Whether @name may be a node's: a DNS subdomain in lower case, as the API server wants it. */
gboolean node_name_check (const char *name, GError **error);

/* What --node-name said (@given), or, when it said nothing, the host name in lower case, as a kubelet calls itself
 * (`pkg/util/node`). The caller frees it. */
char *node_name_choose (const char *given);

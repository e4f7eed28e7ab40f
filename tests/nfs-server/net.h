/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network namespace that a server is confined to. */
#pragma once

#include <glib.h>

gboolean net_raise_loopback (GError **error);

/* Whether nobody but this machine can reach what listens on every address here. */
gboolean net_is_private (void);

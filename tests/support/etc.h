/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An /etc that only this mount namespace has, which is a private one; the machine's stays as it is. */
#pragma once

#include <glib.h>

/* Lays a writable one over that which is there, and keeps what differs in fresh directories of @dir. */
gboolean etc_cover (const char *dir, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a server of a test's own listens, and how it speaks to who has come. */
#pragma once

#include <glib.h>

/* A listening socket at this port of 127.0.0.1; fails the test when there cannot be one. */
int      door_open (guint16 port);

/* FALSE when the guest does not take all of it. */
gboolean door_send (int guest, gconstpointer data, gsize length);

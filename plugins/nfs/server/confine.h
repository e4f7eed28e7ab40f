/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives away what a server of files does not need: it reads what a foreign machine sends. */
#pragma once

#include <glib.h>

/* Before any thread. What this kernel or this user has not got is left out; FALSE when something that must work does
 * not. @keep_ports: connections are to come from reserved ports. @ret_memory: how much this process may have from then
 * on, in bytes. */
gboolean confine (gboolean keep_ports, gsize *ret_memory, GError **error);

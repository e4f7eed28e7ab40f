/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where tests of NFS run: a scratch place (scratch.h) and a network (nfs-server/server.h) of their own. */
#pragma once

#include <glib.h>

/* First thing in main(), before any thread. FALSE when this machine does not allow it: then that has been said, as of a
 * test @title that was skipped. */
gboolean own_net_enter (const char *title);

/* What main() returns; @tests is an array. */
#define own_net_run(title, tests) \
  (own_net_enter (title) ? cmocka_run_group_tests_name (title, tests, NULL, NULL) : 0)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kvol-nfs processes that a test has started, directly or not: those of its network namespace. */
#pragma once

#include <glib.h>

/* (element-type int): their pids. */
GArray *user_servers_list (void);

/* The pid of the one there is; fails the test when there is none, or another one. */
int  user_servers_get  (void);
/* Kills that one, and comes back with its pid when it is dead. */
int  user_servers_kill (void);
void assert_no_user_server (void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kvol-nfs processes that a test has started, directly or not: those of its network namespace, which is its own. */
#pragma once

#include <glib.h>

/* (element-type int): their pids. */
GArray *user_servers_list (void);

/* The pid of the one there is; fails the test when there is none, or another one. */
int  user_servers_get  (void);
/* Kills that one, and comes back with its pid when it is dead. */
int  user_servers_kill (void);
/* How many threads that one has started, which have connections of their own; @wanted are waited for. */
guint user_servers_await_threads (guint wanted);
void assert_no_user_server (void);
/* Kills all that are left, and comes back when they are dead with how many there were. */
guint user_servers_end (void);

/* From now on the death of this process, whatever it dies of, is the end of those that it leaves. They are made to
 * outlive who started them, and each would keep the test's mounts. Call it where list() is right already, before any
 * thread. */
void user_servers_guard (void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processes of this machine, of which it is asked here in which groups they are, and whether they are to be killed.
 * A request comes with its user and one group, and the number of the thread. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* A descriptor, as long as this process has its rights; -1 when there is none. */
int process_table_open (void);

/* Whether the processes of other users are in it for this one, without rights. */
gboolean process_table_is_whole (int table);

/* The first @max of the groups that the thread is in beside its own: how many there are. None when it has ended. */
guint process_table_read_groups (int table, pid_t thread, gid_t *ret_groups, guint max);

/* Whether it is on its way out. @unseen: what is believed of one that is not in the table. */
gboolean process_table_is_to_be_killed (int table, pid_t thread, gboolean unseen);

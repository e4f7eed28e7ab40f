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

/* Of which process a thread is. */
typedef struct {
  pid_t  thread;
  pid_t  process;
  gint64 until;   /* monotonic: the number may be another thread's then */
} KnownThread;

/* Those that were asked for last, by their numbers. */
typedef struct {
  KnownThread threads[64];
} ThreadMemory;

/* The process of the thread; 0: it is not in the table. */
pid_t process_table_find_process (int table, pid_t thread, ThreadMemory *memory, gint64 now);

/* Whether it is on its way out. @unseen: what is believed of one that is not in the table. */
gboolean process_table_is_to_be_killed (int table, pid_t thread, gboolean unseen);

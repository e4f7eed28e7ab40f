/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program nfs-server, started by a test: a line goes to it, a line comes back, and it ends when its input does or
 * when this process is gone. */
#pragma once

#include <glib.h>

typedef struct {
  GPid pid;
  int  fd; /* its input and output: a socket, so that writing to a dead one is an error and no signal */
} NfsKeeper;

/* Waits for the first answer; @mode and @args (strings) are its arguments. What is not "ok" is an error. */
gboolean nfs_keeper_start (NfsKeeper *self, const char *mode, const GPtrArray *args, char **ret_answer, GError **error);
gboolean nfs_keeper_tell  (NfsKeeper *self, const char *command, GError **error);
/* Closes its input and waits for its end. */
void     nfs_keeper_end   (NfsKeeper *self);

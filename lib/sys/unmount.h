/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unmounting what has a server behind it, which may never answer again: in a process that can be abandoned, and in the
 * end with force. */
#pragma once

#include <glib.h>

typedef enum {
  SYS_UNMOUNT_CLEAN,
  SYS_UNMOUNT_FORCED,   /* what was under way to the server was broken off */
  SYS_UNMOUNT_DETACHED, /* it is out of sight, and goes when its last user or its server lets it */
} SysUnmounted;

/* Unmounts that belong together: of one volume, its binds first. */
typedef struct {
  const char  *program; /* kvol-worker, absolute; NULL: there is none */
  gint64       end;     /* monotonic: by then it is decided */
  gboolean     is_dead; /* the server did not answer: it is not asked again */
  SysUnmounted worst;   /* what came of them */
} SysUnmount;

#define SYS_UNMOUNT_USEC (10 * G_TIME_SPAN_SECOND)

/* Unmounts what is mounted on the single name @name below @dir_fd. Somebody who uses it is left alone while the server
 * answers: then FALSE with BUSY. A server that does not answer is not waited for. UNCERTAIN: time is up, and it is
 * still there. */
gboolean sys_unmount_remote_at (SysUnmount *self, int dir_fd, const char *name, GError **error);

/* For kvol-worker: does @act on @name below descriptor 3, and answers the exit status. */
int sys_unmount_main (const char *act, const char *name);

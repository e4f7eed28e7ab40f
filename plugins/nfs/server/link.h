/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection to the NFS service, made again whenever it is lost and somebody needs it: after 0.1 s, then so long
 * after the begin of the last attempt, and twice as long each time, up to a second. The server's name is resolved anew
 * for each attempt; while name servers are silent it is called where it was reached last. A server that is back is met
 * within two seconds, also when nothing has told that it was gone. */
#pragma once

#include <glib.h>

#include "volume.h"
#include "wire.h"

typedef struct _Link Link;

typedef struct {
  /* Connected: questions may be asked. @again: not for the first time, of all threads: it may be another server. */
  void (*ready) (Loop *loop, gboolean again);
  /* What was asked and not answered has to be asked again. @hung_up: it was the server that did not want it. */
  void (*lost)  (Loop *loop, gboolean hung_up);
} LinkOps;

Link *link_new  (Loop *loop, int epoll_fd, const LinkOps *ops);
void  link_free (Link *self);

/* NULL while it is not connected. */
Wire *link_get_wire (Link *self);

/* Somebody has a question: @now is the monotonic time. */
void     link_want (Link *self, gint64 now);
/* Nothing of what was sent has come to the server: its machine is down, or the way there. */
gboolean link_is_silent (const Link *self);
/* The server does not answer as it should over this connection: another one is made. */
void     link_give_up (Link *self);
/* What epoll said of it. */
void     link_service (Link *self, guint32 events);
/* Sends what was queued. */
void     link_flush (Link *self);
/* The same at the end of a thread's turn, when nobody is in the midst of what came over the connection: it is lost now
 * if it has ended. */
void     link_settle (Link *self);
/* When link_want() is to be called again; G_MAXINT64: when it is ready. */
gint64   link_get_next (const Link *self);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a loop knows, for loop.c and loop-queues.c alone. */
#pragma once

#include <linux/fuse.h>
#include <pthread.h>

#include "call.h"
#include "link.h"
#include "loop.h"
#include "process-table.h"

/* How often it is seen whether who was interrupted is to be killed. */
#define IMPATIENT_USEC (100 * G_TIME_SPAN_MILLISECOND)
/* The same of who waits deaf, which nobody says. */
#define DEAF_USEC G_TIME_SPAN_SECOND

struct _Loop
{
  Volume *volume;
  guint number; /* among those of the volume */
  pthread_t thread;
  gint running;
  gint watches; /* atomic: it takes requests */
  guint lonely; /* how many turns have not been worth another thread */
  guint soon;   /* how many times in a row a request followed at once */
  int epoll_fd;
  int wake_fd;
  Link *link;
  Spout spout;
  Room *room;  /* of the next request */
  guint large; /* a request was lately */
  const struct fuse_in_header *taken; /* the request that is being taken */
  IdentityMemory identities;
  ThreadMemory threads; /* that ask and wait deaf */
  GQueue calls;   /* all, by their `all` link */
  GQueue waiting; /* for the connection */
  GQueue sent;
  GQueue later;  /* the server said "later" */
  guint interrupted;
  gint64 deaf_look; /* when it is next seen whether one who waits deaf is to be killed; 0: none does */
  gint64 overdue_look; /* when it is next seen whether an answer is overdue */
  gboolean leaving;
  gint64 farewell;
  GMutex lock; /* of the inbox */
  GQueue inbox;
};

/* NULL: in none. */
void     loop_put          (Call *call, GQueue *queue);
/* Nobody waits for the answer any more. */
gboolean loop_is_abandoned (const Call *call);

void loop_look_at_impatient (Loop *self, gint64 now);
void loop_look_at_deaf      (Loop *self, gint64 now);
/* The server said "later". */
void loop_put_off           (Call *call);
void loop_ask_later_ones    (Loop *self, gint64 now);
/* An answer was lost, or the server is: whatever comes over this connection is not waited for any longer. */
gboolean loop_is_overdue    (Loop *self, gint64 now);
/* How long there is nothing to do, in milliseconds; -1: until something happens. */
int  loop_get_patience      (Loop *self, gint64 now);

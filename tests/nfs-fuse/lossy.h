/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A way to the NFS server on which answers get lost: the server has done what it was asked, and the connection breaks
 * before it is heard. Or they come as no server should give them. */
#pragma once

#include <glib.h>

#include "procedure.h" /* and with it NFS3_CREATE and the like */

#define LOSSY_PORT 2050 /* of 127.0.0.1; behind it is the server's own */

typedef struct Lossy Lossy;

Lossy *lossy_open  (void);
/* After who comes by it has gone. Nothing is forged any more afterwards. */
void   lossy_close (Lossy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lossy, lossy_close)

typedef void (*LossyMeanwhile) (gpointer data);

/* The answer to the next call of this procedure of NFS 3 is lost, once, and before that is noticed something else may
 * happen: @meanwhile, in another thread; or NULL. */
void     lossy_lose     (Lossy *self, guint procedure, LossyMeanwhile meanwhile, gpointer data);
/* Whether it has been. */
gboolean lossy_has_lost (Lossy *self);

/* How often this procedure of NFS 3 was called. */
guint    lossy_count    (Lossy *self, guint procedure);

/* From now on each answer to a call of this procedure is given to @forge, in another thread, before it is passed on. */
typedef void (*LossyForge) (GByteArray *answer, gpointer data);
void     lossy_forge    (Lossy *self, guint procedure, LossyForge forge, gpointer data);
/* The next one of these is passed on when another call waits for its answer, too. */
void     lossy_hold     (Lossy *self);

/* The next call of this procedure, or the answer to it, comes when the test lets it go, and others overtake it. */
typedef enum { LOSSY_CALL, LOSSY_ANSWER } LossyPart;
void     lossy_detain         (Lossy *self, guint procedure, LossyPart part);
/* Returns when it is here. */
void     lossy_await_detained (Lossy *self);
/* Whose connection has ended has nothing here any more. */
void     lossy_release        (Lossy *self);

/* From now on who sends a longer call than that is hung up on, as Linux' server does. Before somebody comes by it. */
void     lossy_limit    (Lossy *self, gsize most);

/* From now on, wherever these bytes are in an answer, as many others are instead. Before somebody comes by it. */
void     lossy_replace  (Lossy *self, gconstpointer from, gconstpointer to, gsize length);

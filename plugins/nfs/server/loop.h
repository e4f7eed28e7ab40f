/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread of the server: takes requests from the kernel, asks the NFS server over a connection of its own, and sleeps
 * when there is nothing to do. */
#pragma once

#include <glib.h>

#include "identity.h"
#include "spout.h"
#include "volume.h"

typedef struct _Call Call;

/* The one with this number among the volume's. */
Loop *loop_new  (Volume *volume, guint number, GError **error);
void  loop_free (Loop *self);
/* Who may still post to it when it has been freed has a reference: what is posted then is not run. */
Loop *loop_ref   (Loop *self);
void  loop_unref (Loop *self);

/* Serves until the file system is unmounted, and finishes what is under way then. */
gpointer loop_run (gpointer self);

gboolean loop_is_mine (const Loop *self);
Volume  *loop_get_volume (Loop *self);
void     loop_wake (Loop *self);

/* From any thread: @run is called by the loop's own. */
typedef void (*LoopRun) (Loop *self, gpointer data);
void     loop_post (Loop *self, LoopRun run, gpointer data);

/* Sends what was asked so far, without waiting for more. */
void     loop_flush (Loop *self);
/* The kernel's number of the request that is being taken. */
guint64  loop_get_request (const Loop *self);
/* What the data of a READ came by that are not in its answer. */
Spout   *loop_get_spout (Loop *self);
/* Takes the call until it has been answered. */
void     loop_take (Loop *self, Call *call);
/* Somebody's request was interrupted. From the loop's own thread. */
void     loop_interrupt (Loop *self, Call *call);
/* Nobody will say so of this one. */
void     loop_note_deaf (Loop *self, Call *call);
/* What the connection calls with the answer to a call's question. */
void     loop_answered (gpointer call, gpointer result);
IdentityMemory *loop_get_identities (Loop *self);
/* All calls that there are, by their `all`. */
GQueue  *loop_get_calls (Loop *self);
/* The room of the request that is being taken is the caller's from now on. NULL: there is none for the next one. */
Room    *loop_steal_room (Loop *self);

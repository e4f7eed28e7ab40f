/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a connection to the NFS service, and the questions that are under way on it (RFC 5531). */
#pragma once

#include <glib.h>

#include "identity.h"
#include "procedure.h"
#include "rooms.h"
#include "spout.h"

typedef struct _Wire Wire;

/* @question has been answered; @result is the struct of its procedure, and what it points to lasts until this returns.
 * NULL: the server would not take the question, or its answer is none. May ask. The data of a READ may be in the spout
 * instead, and `data_val` is NULL then; what is not taken from there goes. */
typedef void (*WireAnswered) (gpointer question, gpointer result);

/* Takes the connection @fd, which does not block; @spout, which is lent, passes what is large. */
Wire *wire_new  (int fd, Spout *spout, WireAnswered answered);
/* What was asked and not answered is forgotten, also what has not left this machine. */
void  wire_free (Wire *self);

/* On whose behalf is asked from now on: lent. */
void  wire_set_identity (Wire *self, const Identity *identity);

/* Queues a question; @args is libnfs's struct of arguments. Not 0: it is too long. */
int   wire_ask       (Wire *self, const Procedure *procedure, gconstpointer args, gpointer question);
/* The same of READ, for the kernel's request of this number: a large answer may come by the spout. */
int   wire_ask_read  (Wire *self, const READ3args *args, guint64 request, gpointer question);
/* The same of WRITE: the data of @args stay where they are, in @room. If its pages are lent and the wire is freed
 * before the answer, the room is spoilt. A large one that nothing else is beside goes in halves; the result is a
 * WriteResult. */
int   wire_ask_write (Wire *self, const WRITE3args *args, Room *room, gpointer question);

/* Sends what is queued, as far as it goes. */
void     wire_flush   (Wire *self);
/* Whether something is queued that did not go. */
gboolean wire_is_full (const Wire *self);
/* Takes what has come. */
void     wire_receive (Wire *self);
/* Whether a question was answered. */
gboolean wire_has_served (const Wire *self);
/* Nothing more can be had of it: it has ended, or what came was not of this protocol. */
gboolean wire_is_over (const Wire *self);

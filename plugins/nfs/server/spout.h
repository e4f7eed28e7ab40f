/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a large answer to READ from the connection to the kernel, on which the pages of its data are handed on and
 * not copied: from the socket into a pipe, behind the head that the kernel's answer has, and from there into
 * /dev/fuse. */
#pragma once

#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>

#include "page-pipe.h"

typedef struct {
  PagePipe pipe;
  gsize    most;    /* that it is made for */
  guint    resting; /* how many answers are not let pass */
  gboolean headed;  /* the kernel's head is in the pipe, before the data */
  gsize    size;    /* of what is passing: the data, and their padding */
  gsize    come;    /* of it */
  READ3res result;  /* what the answer says before its data, which it has not got */
} Spout;

#define SPOUT_INIT(most_) { .pipe = PAGE_PIPE_CLOSED, .most = (most_) }

/* The record of an answer to READ has so many bytes before the data when it tells the file's attributes and has no
 * verifier. No other one can pass. */
#define SPOUT_HEAD 128u

void spout_clear (Spout *self);

/* This is the head of a record of @length bytes, which answers a READ of @asked bytes for the kernel's @request, a
 * number: what comes next is to pass. FALSE: it is to be read as any other one, which is all there is to do if it is
 * not such an answer. */
gboolean spout_begin   (Spout *self, const guint8 head[SPOUT_HEAD], gsize length, gsize asked, guint64 request);
/* Takes of the data what has come; answers how much. 0: nothing more will; or a negative errno, EAGAIN: nothing has
 * come, ENOBUFS or another one: it has come as it cannot pass, mostly in so many pieces that the pipe is full. */
gssize   spout_receive (Spout *self, int socket);
gboolean spout_has_all (const Spout *self);
/* Moves what has come into @to, so that the answer can be read. */
void     spout_give_up (Spout *self, char *to);

/* Takes the next @size bytes into @to. */
void     spout_read  (Spout *self, char *to, gsize size);
/* Answers the kernel's request with all of the data, over @fuse. FALSE: it has not got them; it may wait for them. */
gboolean spout_reply (Spout *self, int fuse);
/* Whatever nobody took goes. */
void     spout_drain (Spout *self);

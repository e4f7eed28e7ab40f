/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a large answer to READ from the connection to the kernel, on which the pages of its data are handed on and
 * not copied: from the socket into a pipe, and from there into /dev/fuse. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <glib.h>
#include <nfsc/libnfs-raw-nfs.h>

#include "page-pipe.h"

typedef struct {
  int      pipe[2];
  gsize    most;    /* that it is made for */
  gboolean useless; /* this process may not have pipes that are long enough */
  guint    resting; /* how many answers are not let pass */
  gsize    size;    /* of what is passing: the data, and their padding */
  gsize    come;    /* of it */
  READ3res result;  /* what the answer says before its data, which it has not got */
} Spout;

#define SPOUT_INIT(most_) { .pipe = PAGE_PIPE_CLOSED, .most = (most_) }

/* The record of an answer to READ has so many bytes before the data when it tells the file's attributes and has no
 * verifier. No other one can pass. */
#define SPOUT_HEAD 128u

void spout_clear (Spout *self);

/* This is the head of a record of @length bytes, which answers a READ of @asked bytes: what comes next is to pass.
 * FALSE: it is to be read as any other one, which is all there is to do if it is not such an answer. */
gboolean spout_begin   (Spout *self, const guint8 head[SPOUT_HEAD], gsize length, gsize asked);
/* Takes of the data what has come; answers how much. 0: nothing more will; or a negative errno, EAGAIN: nothing has
 * come, ENOBUFS: it has come as it cannot pass, mostly in so many pieces that the pipe is full. */
gssize   spout_receive (Spout *self, int socket);
gboolean spout_has_all (const Spout *self);
/* Moves what has come into @to, so that the answer can be read. */
void     spout_give_up (Spout *self, char *to);

/* Takes the next @size bytes into @to. */
void     spout_read  (Spout *self, char *to, gsize size);
/* Lends the next @size bytes, for fuse_reply_data(). */
struct fuse_bufvec spout_lend (const Spout *self, gsize size);
/* Whatever nobody took goes. */
void     spout_drain (Spout *self);

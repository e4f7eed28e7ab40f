/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a large write from the kernel to the connection, on which its pages are handed on and not copied: from
 * /dev/fuse into a pipe, and from there into the socket. What has to be kept of it is copied while the server is busy
 * with it already. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <glib.h>

#include "page-pipe.h"

typedef struct {
  PagePipe pipe;
  PagePipe copy;   /* the same pages, for what is kept */
  char    *base;   /* where the write is kept that is passing; NULL: none is */
  gsize    size;
  gsize    poured; /* of it */
} Sluice;

#define SLUICE_INIT { .pipe = PAGE_PIPE_CLOSED, .copy = PAGE_PIPE_CLOSED }

void sluice_clear (Sluice *self);

/* Takes the kernel's next request from @fd, which holds no more than @most bytes, to be handed to
 * fuse_session_process_buf(). Its length; 0: there is none; -ENODEV: there will be none any more; -ENOSYS: it is to be
 * read the usual way. */
gssize sluice_receive (Sluice *self, int fd, gsize most, struct fuse_buf *ret_request);
/* Takes the next @size bytes of the request into @to. */
void   sluice_read  (Sluice *self, char *to, gsize size);
/* Whatever nobody took of it goes. */
void   sluice_drain (Sluice *self);

/* A write of @size bytes comes next in the pipe; it may be poured until it is kept at @to. FALSE: it can only be
 * read. */
gboolean sluice_begin (Sluice *self, char *to, gsize size);
/* Pours as much as goes of the @size bytes that shall be kept at @from, when they are the next ones; answers how
 * much. */
gsize    sluice_pour (Sluice *self, const char *from, gsize size, int socket);
/* Keeps all of the write. */
void     sluice_end (Sluice *self);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pipe that pages are handed on by, instead of what is in them. It does not block. */
#pragma once

#include <glib.h>

typedef struct {
  int      ends[2];
  gboolean useless; /* it cannot be had, or not all that it takes; that is not tried again */
} PagePipe;

#define PAGE_PIPE_CLOSED { .ends = { -1, -1 } }

/* From here on handing on pages is cheaper than copying them. */
#define PAGE_PIPE_WORTH (64u * 1024)

/* Opens it the first time, for @most bytes or little less. FALSE: this process may have none as long. */
gboolean page_pipe_is_open (PagePipe *self, gsize most);
/* It is of no use without another one, which is useless. */
void     page_pipe_give_up (PagePipe *self);
void     page_pipe_close   (PagePipe *self);
/* Takes the next @size bytes, which are there, into @to. */
void     page_pipe_read  (const PagePipe *self, void *to, gsize size);
/* Whatever is in there goes. */
void     page_pipe_drain (const PagePipe *self);

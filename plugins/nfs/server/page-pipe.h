/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pipe that pages are handed on by, instead of what is in them. It does not block. */
#pragma once

#include <glib.h>

#define PAGE_PIPE_CLOSED { -1, -1 }

/* From here on handing on pages is cheaper than copying them. */
#define PAGE_PIPE_WORTH (64u * 1024)

/* One for @most bytes, however they lie. FALSE: this process may have none as long. */
gboolean page_pipe_open  (int ends[2], gsize most);
void     page_pipe_close (int ends[2]);
/* Takes the next @size bytes, which are there, into @to. */
void     page_pipe_read  (const int ends[2], char *to, gsize size);
/* Whatever is in there goes. */
void     page_pipe_drain (const int ends[2]);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is so large that its pages are handed on and not copied, and what keeps them from it. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  const char *label;
  gsize   size;
  guint64 offset;
} LargeRow;

extern const LargeRow large_rows[];
extern const guint n_large_rows;
/* Of all rows. */
#define LARGE_MOST ((3u << 20) + 5)

void  large_fill   (char *bytes, gsize size, guint32 seed);
/* The test fails unless this is there. */
void  large_expect (const char *path, guint64 offset, const char *bytes, gsize size);

/* From now on the process may open nothing more. Its own user may say so, and root without CAP_SYS_RESOURCE may not. */
void  large_forbid_files (pid_t pid);

/* How much of this network namespace's connections waits, "tcp_rmem" or "tcp_wmem"; answers what it was. */
char *large_set_buffers (const char *name, const char *value);
/* A little of it. */
#define LARGE_SMALL_BUFFERS "4096 16384 32768"

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is so large that its pages are handed on and not copied, and what keeps them from it. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "nfs-fuse/served.h"

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

/* By which a process may hand pages on, if it has more than it was born with. */
guint large_count_pipes (pid_t pid);

/* As much as may wait in a connection of this network namespace, on either side of it. */
typedef struct {
  char *sent;
  char *received;
} LargeBuffers;

/* From now on it is little, for those that are opened, and for the servers that begin to listen. */
void  large_tighten (LargeBuffers *ret_before);
void  large_loosen  (LargeBuffers *before);

/* Reads or writes the rows in a volume, which is opened for that; or skips the test. */
typedef void (*LargeDo) (const ServedGround *ground);
/* Its server may have no pipes, and has none. */
void  large_do_without_pipes (ServedGround *ground, LargeDo rows);
/* Little goes over its connections at a time. */
void  large_do_slowly        (ServedGround *ground, LargeDo rows);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree as text, a line for each name: to see whether anything has changed. */
#pragma once

#include <glib.h>

typedef enum {
  SNAPSHOT_VALUES,   /* type, mode, owner, content */
  SNAPSHOT_IDENTITY, /* also inode and time of change: has it been touched */
} SnapshotDepth;

/* @dir itself and all below it, sorted; other mounts are entered. "" when it is not there. */
char *snapshot_dup (const char *dir, SnapshotDepth depth);

/* The names in @before that are not in @after, or are there with other values; NULL when there are none. */
char *snapshot_dup_lost (const char *before, const char *after);

/* The mounts below @dir, a line "PATH (id ID)" for each, in the kernel's order; "" when there are none. */
char *snapshot_dup_mounts (const char *dir);

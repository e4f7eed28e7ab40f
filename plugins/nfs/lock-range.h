/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes of a file, and how they are locked. */
#pragma once

#include <glib.h>

typedef enum {
  LOCK_NONE,
  LOCK_SHARED,
  LOCK_EXCLUSIVE,
} LockType;

/* The last byte that a file can have; a lock that ends there also holds what comes after the file's end. */
#define LOCK_LAST ((guint64) G_MAXINT64)

typedef struct {
  guint64  start;
  guint64  last;  /* in the range */
  LockType type;
} LockRange;

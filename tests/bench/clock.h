/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stretch of work cost this process, all its threads and its children included. */
#pragma once

#include <glib.h>

typedef struct {
  double wall; /* microseconds */
  double cpu;
} Spent;

typedef struct {
  Spent begin;
} Clock;

void  clock_start (Clock *self);
/* What was spent since clock_start(). Work that was handed to another thread and not waited for counts as CPU, not as
 * wall time. */
Spent clock_stop  (Clock *self);

/* One figure for each round. */
typedef GArray Series;

Series *series_new    (void);
void    series_add    (Series *self, double value);
double  series_median (Series *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Series, g_array_unref)

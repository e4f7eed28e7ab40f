/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One process is killed, or meets an error, at each of its system calls; others come after it and find what is
 * there. */
#pragma once

#include "world.h"

/* What is swept, and what was before. */
typedef struct {
  const char     *name;
  void          (*before) (World *world, Verdict *verdict); /* each time; NULL: nothing */
  SupervisorChild swept;
  gboolean        keeps_data; /* the pod is wanted all the time: its data must be there after */
  gboolean        occupied;   /* somebody else's mount is in an emptyDir: nothing else will do than to fail */
} Subject;

/* All that can be swept: first up, second up, up after the record was lost, up with changed objects, down, recover
 * in the middle of a removal, and down of an occupied volume. */
extern const Subject subjects[];
extern const gsize   n_subjects;

/* The one that takes the pod down. */
const Subject *sweep_get_down (void);

typedef struct {
  guint points;
  guint complaints;
} SweepCount;

/* A sanitizer looks for something else than the plain build, takes five times as long, and need not meet every call. */
#ifdef __SANITIZE_ADDRESS__
#define SWEEP_STRIDE 5
#else
#define SWEEP_STRIDE 1
#endif

/* Killed before every call (every @stride-th), and taken down, or set up again, after. */
void sweep_kills  (const Subject *subject, World *world, guint stride, SweepCount *count, Verdict *verdict);
/* Every call failed with every errno that fits. Who says that it succeeded must have. */
void sweep_errors (const Subject *subject, World *world, guint stride, SweepCount *count, Verdict *verdict);

/* One point of a plan: @ret_hit tells whether it was reached. */
void sweep_point (const Subject *subject, World *world, const SupervisorPlan *plan, gboolean up_again,
                  SupervisorResult *ret_result, SweepCount *count, Verdict *verdict);

/* A test program: sweeps every subject with @sweep, each a test called "NAME: @promise". */
int sweep_run (const char *group, const char *promise,
               void (*sweep) (const Subject *subject, World *world, guint stride, SweepCount *count,
                              Verdict *verdict));

/* Fails the cmocka test when the verdict is not a good one. */
void sweep_assert (const Subject *subject, const SweepCount *count, const Verdict *verdict);

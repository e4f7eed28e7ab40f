/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kill points and error points over set-up and teardown. */
#pragma once

#include "trial.h"

typedef enum {
  SWEEP_KILLS,         /* the process killed before each system call */
  SWEEP_ERRORS,        /* each system call failed once, with each errno that fits */
  SWEEP_FOREIGN_MOUNT, /* the same over teardown alone, while somebody else's mounts are in the volume */
} SweepKind;

typedef struct {
  const char *sentence;
  SweepKind   kind;
} Sweep;

extern const Sweep sweeps[];
extern const gsize n_sweeps;

/* In the parent. After each point every canary must live; the volume must be there to be taken down, and to be set
 * up again; and nothing may be left. Stops at the first loss of data. @ret_points: how many there were. */
void sweep_run (const Sweep *sweep, const Trial *trial, guint *ret_points, Verdict *verdict);

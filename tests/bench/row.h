/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A row: pods of one kind that go through some phases on both sides, which take turns. */
#pragma once

#include "bench/cell.h"
#include "bench/limit.h"
#include "bench/subject.h"

typedef struct {
  char    *limit_dir; /* a root for each side, on one file system */
  char    *kvol_dir;
  Limit   *limit;
  Subject *subject;
  Cells   *cells;
  guint    rounds;
  guint    n_mounts;  /* of the crowd of other mounts */
  guint    n_wrong;   /* results that differed */
} Bench;

typedef struct {
  const char *cpu_cell;  /* NULL: not reported */
  const char *wall_cell;
  double      target;
  void      (*prepare) (Payload *payload); /* NULL: the objects stay as they are */
  void      (*limit)   (LimitPod *pod);
  void      (*kvol)    (Subject *subject, KvolPod *pod);
} Phase;

typedef struct {
  Pod          pod;
  guint        n_pods;
  guint        more_rounds; /* times as many rounds as the others */
  gboolean     together;    /* figures are for all pods, not for one */
  guint        n_phases;
  const Phase *phases;
} Row;

typedef struct {
  double limit_cpu, limit_wall;
  double kvol_cpu, kvol_wall;
} Medians;

/* Runs all rounds and fills in @ret_medians, one for each phase. The first round warms up; in it both sides are
 * compared after each phase. */
void row_run    (Bench *bench, const Row *row, Medians *ret_medians);
/* Runs it and adds its cells. */
void row_report (Bench *bench, const Row *row);

/* Compares what both sides have on disk; says what differs, and counts it. */
void row_compare (Bench *bench, const char *when);

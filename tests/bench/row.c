/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench/row.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/listing.h"

#define MAX_PHASES 8

typedef enum
{
  SIDE_LIMIT,
  SIDE_KVOL,
  N_SIDES
} Side;

typedef struct
{
  Bench *bench;
  const Row *row;
  GPtrArray *limit_pods;
  GPtrArray *kvol_pods;
  Series *cpu[MAX_PHASES][N_SIDES];
  Series *wall[MAX_PHASES][N_SIDES];
} Run;

static void
run_open (Run *self, Bench *bench, const Row *row)
{
  g_assert (row->n_phases <= MAX_PHASES);
  self->bench = bench;
  self->row = row;
  self->limit_pods = g_ptr_array_new_with_free_func ((GDestroyNotify) limit_pod_free);
  self->kvol_pods = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);
  for (guint i = 0; i < row->n_pods; i++)
    {
      g_ptr_array_add (self->limit_pods, limit_pod_new (bench->limit, &row->pod, i));
      g_ptr_array_add (self->kvol_pods, subject_pod_new (&row->pod, i));
    }
  for (guint i = 0; i < row->n_phases; i++)
    for (Side side = 0; side < N_SIDES; side++)
      {
        self->cpu[i][side] = series_new ();
        self->wall[i][side] = series_new ();
      }
}

static void
run_close (Run *self)
{
  g_ptr_array_unref (self->limit_pods);
  g_ptr_array_unref (self->kvol_pods);
  for (guint i = 0; i < self->row->n_phases; i++)
    for (Side side = 0; side < N_SIDES; side++)
      {
        g_array_unref (self->cpu[i][side]);
        g_array_unref (self->wall[i][side]);
      }
}

static Spent
run_limit (Run *self, const Phase *phase)
{
  Clock clock;
  Spent spent;

  clock_start (&clock);
  for (guint i = 0; i < self->limit_pods->len; i++)
    phase->limit (self->limit_pods->pdata[i]);
  spent = clock_stop (&clock);

  if (phase->limit != limit_pod_teardown)
    for (guint i = 0; i < self->limit_pods->len; i++)
      limit_pod_remember (self->limit_pods->pdata[i]);
  return spent;
}

static Spent
run_kvol (Run *self, const Phase *phase)
{
  Clock clock;

  clock_start (&clock);
  for (guint i = 0; i < self->kvol_pods->len; i++)
    phase->kvol (self->bench->subject, self->kvol_pods->pdata[i]);
  subject_settle ();
  return clock_stop (&clock);
}

static void
prepare (Run *self, const Phase *phase)
{
  const Pod *pod = &self->row->pod;

  for (guint i = 0; i < pod->n_volumes; i++)
    if (pod->volumes[i].payload != NULL)
      {
        if (phase->prepare != NULL)
          phase->prepare (pod->volumes[i].payload);
        subject_put (self->bench->subject, pod->volumes[i].payload);
      }
}

static void
run_phase (Run *self, guint index, guint round)
{
  const Phase *phase = &self->row->phases[index];

  prepare (self, phase);
  for (guint turn = 0; turn < N_SIDES; turn++)
    {
      Side side = (turn + round) % N_SIDES;
      Spent spent = side == SIDE_LIMIT ? run_limit (self, phase) : run_kvol (self, phase);

      if (round > 0)
        {
          series_add (self->cpu[index][side], spent.cpu);
          series_add (self->wall[index][side], spent.wall);
        }
    }
  if (round == 0)
    row_compare (self->bench, phase->cpu_cell != NULL ? phase->cpu_cell : phase->wall_cell);
}

void
row_compare (Bench *bench, const char *when)
{
  g_autofree char *limit_dir = g_build_filename (bench->limit_dir, "pods", NULL);
  g_autofree char *kvol_dir = g_build_filename (bench->kvol_dir, "pods", NULL);
  g_autofree char *limit = listing_new (limit_dir);
  g_autofree char *kvol = listing_new (kvol_dir);
  g_autofree char *difference = listing_dup_difference ("limit", limit, "kvol", kvol);

  if (difference == NULL)
    return;
  bench->n_wrong++;
  g_printerr ("the two sides differ after %s:\n%s", when != NULL ? when : "a phase", difference);
}

/* A journal that is not written back grows a list of the directories that are gone, which is searched for each new one:
 * each round would be slower than the one before. */
static void
begin_round (Bench *bench)
{
  KVOL_AUTO_FD fd = open (bench->limit_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || syncfs (fd) < 0)
    g_error ("%s: %s", bench->limit_dir, g_strerror (errno));
}

void
row_run (Bench *bench, const Row *row, Medians *ret_medians)
{
  guint rounds = bench->rounds * MAX (row->more_rounds, 1);
  double divisor = row->together ? 1 : row->n_pods;
  Run run;

  run_open (&run, bench, row);
  for (guint round = 0; round <= rounds; round++)
    {
      begin_round (bench);
      for (guint i = 0; i < row->n_phases; i++)
        run_phase (&run, i, round);
    }
  for (guint i = 0; i < row->n_phases; i++)
    ret_medians[i] = (Medians){
      .limit_cpu = series_median (run.cpu[i][SIDE_LIMIT]) / divisor,
      .limit_wall = series_median (run.wall[i][SIDE_LIMIT]) / divisor,
      .kvol_cpu = series_median (run.cpu[i][SIDE_KVOL]) / divisor,
      .kvol_wall = series_median (run.wall[i][SIDE_KVOL]) / divisor,
    };
  run_close (&run);
}

void
row_report (Bench *bench, const Row *row)
{
  Medians medians[MAX_PHASES];

  row_run (bench, row, medians);
  for (guint i = 0; i < row->n_phases; i++)
    {
      const Phase *phase = &row->phases[i];
      const Medians *median = &medians[i];

      if (phase->wall_cell != NULL)
        cells_add (bench->cells, phase->wall_cell, CELL_WALL_USEC, median->limit_wall, median->kvol_wall,
                   phase->target);
      if (phase->cpu_cell != NULL)
        cells_add (bench->cells, phase->cpu_cell, CELL_CPU_USEC, median->limit_cpu, median->kvol_cpu, phase->target);
    }
}

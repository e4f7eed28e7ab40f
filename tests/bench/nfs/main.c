/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume of kvol-nfs against raw libnfs, and against the kernel's client where there is one: the same server, the
 * same work, in turns. A figure is for a MiB, a piece or a file; CPU for a GiB. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/cell.h"
#include "bench/clock.h"
#include "bench/nfs/ground.h"
#include "nfs-server/server.h"
#include "support/scratch.h"

#define MAX_DEPTHS 4
#define REST_SECONDS 5
/* 1 ms in 30 s. */
#define REST_TARGET_USEC (1000.0 * REST_SECONDS / 30)
#define SEQUENTIAL_TARGET (1 / 0.6)
#define SMALL_TARGET (1 / 0.5)
#define PIECES_PER_BLOCK 64
#define FILES_PER_BLOCK 8

/* The work of a row is done by kvol-nfs with @at_once; raw libnfs may take the best of its @depths. */
typedef struct
{
  const char *name;
  WorkKind kind;
  double target;
  guint at_once;
  guint depths[MAX_DEPTHS];
  guint n_dirs;
} NfsRow;

/* In one directory the kernel makes one file after the other, whatever the file system, its own client too: it keeps
 * the directory locked from the look at the name until the file is made, and this process, the server and the way
 * between them are idle by turns. So four in one directory are shown beside what four could have, and have a target
 * where each has a directory. */
static const NfsRow rows[] = {
  { "N.write", WORK_WRITE, SEQUENTIAL_TARGET, 1, { 1, 4, 16 } },
  { "N.read", WORK_READ, SEQUENTIAL_TARGET, 1, { 1, 4, 16 } },
  { "N.random@1", WORK_RANDOM, SMALL_TARGET, 1, { 1 } },
  { "N.random@4", WORK_RANDOM, SMALL_TARGET, 4, { 4 } },
  { "N.random@16", WORK_RANDOM, SMALL_TARGET, 16, { 16 } },
  { "N.create@1", WORK_CREATE, SMALL_TARGET, 1, { 1 } },
  { "N.create@4", WORK_CREATE, CELL_NO_TARGET, 4, { 4 } },
  { "N.create@4dirs", WORK_CREATE, SMALL_TARGET, 4, { 4 }, .n_dirs = 4 },
};

/* Who does it, and how: raw libnfs by depth, then the other clients. */
#define N_SIDES (MAX_DEPTHS + N_CLIENTS - 1)

typedef struct
{
  Series *wall[N_SIDES];
  Series *client[N_SIDES];
  Series *server[N_SIDES];
} Figures;

typedef struct
{
  Ground *ground;
  Cells *cells;
  guint rounds;
  guint n_blocks;
  guint run;
} NfsBench;

static Client
client_of (guint side)
{
  return side < MAX_DEPTHS ? CLIENT_RAW : (Client) (side - MAX_DEPTHS + 1);
}

static gboolean
takes_part (const NfsBench *self, const NfsRow *row, guint side)
{
  return side < MAX_DEPTHS ? row->depths[side] != 0 : ground_has (self->ground, client_of (side));
}

static Work
make_work (NfsBench *self, const NfsRow *row, guint side)
{
  Work work = {
    .name = row->name, .kind = row->kind, .n_blocks = self->n_blocks, .n_dirs = row->n_dirs, .run = self->run++
  };

  work.n = self->n_blocks
           * (row->kind == WORK_RANDOM   ? PIECES_PER_BLOCK
              : row->kind == WORK_CREATE ? FILES_PER_BLOCK
                                         : 1);
  work.at_once = side < MAX_DEPTHS ? row->depths[side] : row->at_once;
  return work;
}

/* The first round warms up. */
static void
run_round (NfsBench *self, const NfsRow *row, Figures *figures, guint round)
{
  for (guint i = 0; i < N_SIDES; i++)
    {
      const guint side = (i + round) % N_SIDES;
      const Work work = make_work (self, row, side);
      NfsSpent spent;

      if (!takes_part (self, row, side))
        continue;
      spent = ground_run (self->ground, client_of (side), &work);
      if (round == 0)
        continue;
      series_add (figures->wall[side], spent.wall / work.n);
      series_add (figures->client[side], spent.client / work.n);
      series_add (figures->server[side], spent.server / work.n);
    }
}

static guint
find_best (Figures *figures)
{
  guint best = 0;

  for (guint i = 1; i < MAX_DEPTHS; i++)
    if (figures->wall[i]->len > 0 && series_median (figures->wall[i]) < series_median (figures->wall[best]))
      best = i;
  return best;
}

static void
add (NfsBench *self, const NfsRow *row, const char *what, double limit, double kvol, gboolean has_target)
{
  g_autofree char *name = g_strconcat (row->name, what, NULL);

  cells_add (self->cells, name, g_str_has_suffix (what, "cpu") ? CELL_CPU_USEC : CELL_WALL_USEC, limit, kvol,
             has_target ? row->target : CELL_NO_TARGET);
}

static void
report (NfsBench *self, const NfsRow *row, Figures *figures)
{
  const guint raw = find_best (figures);
  const guint kvol = MAX_DEPTHS + CLIENT_KVOL - 1;
  const guint kernel = MAX_DEPTHS + CLIENT_KERNEL - 1;
  const double wall = series_median (figures->wall[kvol]);

  add (self, row, "", series_median (figures->wall[raw]), wall, TRUE);
  if (takes_part (self, row, kernel))
    add (self, row, "/kernel", series_median (figures->wall[kernel]), wall, FALSE);
  if (row->kind != WORK_WRITE && row->kind != WORK_READ)
    return;
  add (self, row, "-GiB-cpu", 1024 * series_median (figures->client[raw]), 1024 * series_median (figures->client[kvol]),
       FALSE);
  add (self, row, "-server-cpu", 1024 * series_median (figures->server[raw]),
       1024 * series_median (figures->server[kvol]), FALSE);
}

static void
measure_row (NfsBench *self, const NfsRow *row)
{
  Figures figures;

  for (guint i = 0; i < N_SIDES; i++)
    {
      figures.wall[i] = series_new ();
      figures.client[i] = series_new ();
      figures.server[i] = series_new ();
    }
  for (guint round = 0; round <= self->rounds; round++)
    run_round (self, row, &figures, round);
  report (self, row, &figures);
  for (guint i = 0; i < N_SIDES; i++)
    {
      g_array_unref (figures.wall[i]);
      g_array_unref (figures.client[i]);
      g_array_unref (figures.server[i]);
    }
}

static int
measure (NfsBench *self, const char *prefix, const char *json)
{
  g_autoptr (GError) error = NULL;
  const Work fill = { .name = "the file", .kind = WORK_WRITE, .n = self->n_blocks, .at_once = 1 };

  ground_run (self->ground, CLIENT_RAW, &fill);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_has_prefix (rows[i].name, prefix))
      measure_row (self, &rows[i]);
  cells_add (self->cells, "N.rest", CELL_CPU_USEC, -1, ground_rest (self->ground, REST_SECONDS).client,
             REST_TARGET_USEC);
  cells_print (self->cells);
  if (json == NULL || cells_save_json (self->cells, json, &error))
    return 0;
  g_printerr ("nfs-bench: %s\n", error->message);
  return 1;
}

int
main (int argc, char **argv)
{
  int rounds = 7, blocks = 256;
  g_auto (GStrv) more = NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *json = NULL;
  const GOptionEntry entries[] = {
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "Rounds that count (default 7)", "N" },
    { "blocks", 'b', 0, G_OPTION_ARG_INT, &blocks, "Size of the file, in MiB (default 256)", "N" },
    { "option", 'o', 0, G_OPTION_ARG_STRING_ARRAY, &more, "An argument of kvol-nfs: --single-writer", "ARGUMENT" },
    { "rows", 'r', 0, G_OPTION_ARG_STRING, &prefix, "Only rows that begin so", "NAME" },
    { "json", 'j', 0, G_OPTION_ARG_FILENAME, &json, "Write the figures to FILE too", "FILE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- what kvol-nfs costs over raw libnfs");
  g_autoptr (GError) error = NULL;
  const char *reason = NULL;
  NfsBench bench = { 0 };
  int status;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 1 || rounds < 1 || blocks < 1)
    {
      g_printerr ("nfs-bench: %s\n", error != NULL ? error->message : "see --help");
      return 2;
    }
  if (!scratch_enter (&reason) || !nfs_net_enter (&reason))
    {
      g_printerr ("nfs-bench: %s\n", reason);
      return 3;
    }
  bench = (NfsBench){ .cells = cells_new (), .rounds = (guint) rounds, .n_blocks = (guint) blocks };
  bench.ground = ground_new ((const char *const *) more);
  if (bench.ground == NULL)
    return 3;
  status = measure (&bench, prefix != NULL ? prefix : "", json);
  ground_free (bench.ground);
  g_ptr_array_unref (bench.cells);
  return status;
}

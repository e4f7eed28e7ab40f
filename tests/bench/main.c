/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvol against the bare system calls, in one table. bench.sh gives it a file system to run on. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/rows.h"

static const struct
{
  char letter;
  void (*report) (Bench *bench);
} rows[] = {
  { 'A', rows_empty_dir }, { 'B', rows_memory }, { 'C', rows_secret }, { 'D', rows_configmap }, { 'H', rows_node },
};

static void
bench_open (Bench *self, const char *dir)
{
  self->limit_dir = g_build_filename (dir, "limit", NULL);
  self->kvol_dir = g_build_filename (dir, "kvol", NULL);
  self->cells = cells_new ();
  self->limit = limit_new (self->limit_dir);
  self->subject = subject_new (self->kvol_dir);
}

static void
bench_close (Bench *self)
{
  subject_free (self->subject);
  limit_free (self->limit);
  g_ptr_array_unref (self->cells);
  g_free (self->limit_dir);
  g_free (self->kvol_dir);
}

static int
measure (Bench *bench, const char *dir, const char *letters, const char *json)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;

  bench_open (bench, dir);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (letters == NULL || strchr (letters, rows[i].letter) != NULL)
      rows[i].report (bench);
  cells_print (bench->cells);
  if (json != NULL && !cells_save_json (bench->cells, json, &error))
    {
      g_printerr ("kvol-bench: %s\n", error->message);
      ok = FALSE;
    }
  if (bench->n_wrong > 0)
    g_printerr ("kvol-bench: %u results differed: these figures compare different work\n", bench->n_wrong);
  ok = ok && bench->n_wrong == 0;
  bench_close (bench);
  return ok ? 0 : 1;
}

int
main (int argc, char **argv)
{
  Bench bench = { .rounds = 11, .n_mounts = 10000 };
  g_autofree char *letters = NULL;
  g_autofree char *json = NULL;
  g_autofree char *at_rest = NULL;
  int rounds = bench.rounds, mounts = bench.n_mounts;
  const GOptionEntry entries[] = {
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "Rounds that count (default 11)", "N" },
    { "mounts", 'm', 0, G_OPTION_ARG_INT, &mounts, "Other mounts in row B's growth (default 10000)", "N" },
    { "rows", 'r', 0, G_OPTION_ARG_STRING, &letters, "Rows to measure (default ABCDH)", "LETTERS" },
    { "json", 'j', 0, G_OPTION_ARG_FILENAME, &json, "Write the figures to FILE too", "FILE" },
    { "at-rest", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &at_rest, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("DIR - what kvol costs over the bare system calls");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("kvol-bench: %s\n", error->message);
      return 2;
    }
  /* What is made with a mode below has that mode on both sides. */
  umask (022);
  if (at_rest != NULL)
    {
      rows_node_at_rest (at_rest);
      return 0;
    }
  if (argc != 2 || rounds < 1 || mounts < 0)
    {
      g_printerr ("kvol-bench: give a directory to work in; see --help\n");
      return 2;
    }
  bench.rounds = rounds;
  bench.n_mounts = mounts;
  return measure (&bench, argv[1], letters, json);
}

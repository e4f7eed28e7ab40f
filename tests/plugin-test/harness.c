/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "harness.h"

#include <string.h>

#include "checks.h"
#include "loader/registry.h"
#include "support/scratch.h"
#include "sweep.h"

/* ---- loading ---- */

/* Leaves the names of the file's plugins in memory->said. */
static void
load (gconstpointer data, Verdict *verdict)
{
  const Trial *trial = data;
  g_autoptr (Host) host = host_new (NULL, trial->ground->state, trial->canary, trial->memory);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (LoaderRegistry) registry =
      loader_registry_new (&host_ops, host, trial->worker_program, LOADER_IN_WORKER_WHEN_ASKED);
  g_autoptr (GPtrArray) plugins = NULL;
  g_autoptr (GString) names = g_string_new (NULL);

  loader_registry_load_file (registry, trial->plugin_file, NULL, problems);
  for (guint i = 0; i < problems->len; i++)
    verdict_fail (verdict, "%s", (char *) problems->pdata[i]);
  plugins = loader_registry_list (registry);
  for (guint i = 0; i < plugins->len; i++)
    g_string_append_printf (names, "%s\n", ((const LoaderPlugin *) plugins->pdata[i])->name);
  g_strlcpy (trial->memory->said, names->str, sizeof trial->memory->said);
}

/* The names of the plugins, or NULL when the file does not load. */
static char **
run_load (const Harness *self, const Trial *trial)
{
  g_autofree char *base = g_path_get_basename (trial->plugin_file);
  g_autofree char *name = g_strconcat (base, ": loads", NULL);
  g_auto (Verdict) verdict = { 0 };
  gboolean wanted = report_wants (self->report, name);

  if (self->report->just_list)
    return g_new0 (char *, 1);
  verdict_init (&verdict);
  host_memory_reset (self->memory);
  verdict_of_child (load, trial, &verdict);
  if (wanted || verdict.level != VERDICT_PASS)
    report_add (self->report, name, &verdict);
  return verdict.level == VERDICT_PASS ? g_strsplit (self->memory->said, "\n", -1) : NULL;
}

/* ---- a case ---- */

static char *
dup_name (const Trial *trial, const char *sentence)
{
  return g_strdup_printf ("%s: %s%s: %s", trial->spec->plugin, trial->spec->name,
                          trial->in_worker ? " (in the worker)" : "", sentence);
}

static gboolean
applies (const Check *check, const Trial *trial)
{
  const char *kind = "filled";

  if (check->of == CHECK_OF_REFUSAL || case_get_expected_error (trial->spec) != NULL)
    return check->of == CHECK_OF_REFUSAL && case_get_expected_error (trial->spec) != NULL;
  g_variant_lookup (trial->spec->expect, "kind", "&s", &kind);
  return check->of == CHECK_OF_SUCCESS || g_str_equal (kind, "filled");
}

static void
run_checks (const Harness *self, const Trial *trial)
{
  for (gsize i = 0; i < n_checks; i++)
    {
      g_autofree char *name = dup_name (trial, checks[i].sentence);
      g_auto (Verdict) verdict = { 0 };

      if (!applies (&checks[i], trial) || !report_wants (self->report, name))
        continue;
      verdict_init (&verdict);
      check_run (&checks[i], trial, &verdict);
      report_add (self->report, name, &verdict);
    }
}

static void
run_sweep (const Harness *self, const Trial *trial, const Sweep *sweep)
{
  g_autofree char *name = dup_name (trial, sweep->sentence);
  g_autofree char *counted = NULL;
  g_auto (Verdict) verdict = { 0 };
  guint points = 0;

  if (!report_wants (self->report, name))
    return;
  if (self->no_faults != NULL)
    {
      report_skip (self->report, name, self->no_faults);
      return;
    }
  verdict_init (&verdict);
  sweep_run (sweep, trial, &points, &verdict);
  counted = g_strdup_printf ("%s (%u points)", name, points);
  report_add (self->report, counted, &verdict);
}

static void
run_sweeps (const Harness *self, const Trial *trial)
{
  const char *kind = "filled";

  if (trial->spec->no_faults || case_get_expected_error (trial->spec) != NULL)
    return;
  g_variant_lookup (trial->spec->expect, "kind", "&s", &kind);
  for (gsize i = 0; i < n_sweeps; i++)
    if (sweeps[i].kind != SWEEP_FOREIGN_MOUNT || g_str_equal (kind, "filled"))
      run_sweep (self, trial, &sweeps[i]);
}

static void
run_case (const Harness *self, Trial *trial)
{
  g_autofree char *name = NULL;

  trial->in_worker = self->only_worker;
  name = dup_name (trial, "is tried");
  if (trial->spec->needs_root && !self->report->just_list && !scratch_is_real_root ())
    {
      if (report_wants (self->report, name))
        report_skip (self->report, name, "needs root, and this is a user namespace");
      return;
    }
  run_checks (self, trial);
  run_sweeps (self, trial);
  if (self->only_worker || self->worker == NULL)
    return;
  trial->in_worker = TRUE;
  run_checks (self, trial);
}

/* ---- a file ---- */

static GPtrArray *
load_cases (const Harness *self, const char *plugin_file, GError **error)
{
  g_autofree char *found = case_find_file (plugin_file);
  const char *file = self->case_file != NULL ? self->case_file : found;

  if (file == NULL)
    return g_ptr_array_new ();
  return case_load_file (file, self->ground != NULL ? self->ground->work : "@WORK@", self->canary, error);
}

static gboolean
has_name (const Harness *self, char **names, const char *name)
{
  return self->report->just_list || g_strv_contains ((const char *const *) names, name);
}

/* The file beside the plugin is about nothing else, so a name that the plugin does not have is a mistake there. */
static void
report_unknown (const Harness *self, const char *plugin_file, const char *name)
{
  g_autofree char *base = g_path_get_basename (plugin_file);
  g_autofree char *line = g_strdup_printf ("%s: has a plugin %s, as its cases say", base, name);
  g_auto (Verdict) verdict = { 0 };

  if (self->case_file != NULL || !report_wants (self->report, line))
    return;
  verdict_init (&verdict);
  verdict_fail (&verdict, "it has not");
  report_add (self->report, line, &verdict);
}

/* A plugin of which nothing was tried must not look like one that passed. */
static void
report_untried (const Harness *self, char **names, GPtrArray *cases)
{
  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autofree char *name = g_strconcat (names[i], ": is tried", NULL);
      gboolean tried = *names[i] == '\0';

      for (guint k = 0; k < cases->len; k++)
        tried = tried || g_str_equal (((const Case *) cases->pdata[k])->plugin, names[i]);
      if (!tried && report_wants (self->report, name))
        report_skip (self->report, name, "there is no case for it in a NAME.conformance.yaml");
    }
}

gboolean
harness_run_file (const Harness *self, const char *plugin_file, GError **error)
{
  g_autoptr (GPtrArray) cases = load_cases (self, plugin_file, error);
  g_auto (GStrv) names = NULL;
  Trial trial = {
    .plugin_file = plugin_file,
    .worker_program = self->worker,
    .ground = self->ground,
    .memory = self->memory,
    .canary = self->canary,
  };

  if (cases == NULL)
    return FALSE;
  names = run_load (self, &trial);
  for (guint i = 0; names != NULL && i < cases->len; i++)
    {
      trial.spec = cases->pdata[i];
      if (has_name (self, names, trial.spec->plugin))
        run_case (self, &trial);
      else
        report_unknown (self, plugin_file, trial.spec->plugin);
    }
  if (names != NULL)
    report_untried (self, names, cases);
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Row H: a node's pods of four volumes. What a process holds and does at rest is seen in a process that does nothing
 * else, so the program starts itself for it. */
#include "bench/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"

#define N_PODS 100
#define REST_SECONDS 10
/* 1 ms in 30 s. */
#define REST_TARGET_USEC (1000.0 * REST_SECONDS / 30)
#define ANONYMOUS_TARGET_KIB (3.6 * 1024)
#define RESIDENT_TARGET_KIB (10 * 1024)

static Pod
four_volumes (Payload *payload)
{
  return (Pod){
    .n_volumes = 4,
    .volumes = {
      { .name = "scratch", .kind = VOLUME_EMPTY_DIR },
      { .name = "cache", .kind = VOLUME_EMPTY_DIR_MEMORY },
      { .name = "config", .kind = VOLUME_CONFIG_MAP, .payload = payload },
      { .name = "keys", .kind = VOLUME_SECRET, .payload = payload },
    },
  };
}

static void
report_pod (Bench *bench, Payload *payload)
{
  const Phase phases[] = {
    { .wall_cell = "H.pod", .target = 1.3, .limit = limit_pod_setup, .kvol = subject_sync },
    { .limit = limit_pod_teardown, .kvol = subject_remove },
  };
  const Row row = {
    .pod = four_volumes (payload),
    .n_pods = 1,
    .more_rounds = 5,
    .n_phases = G_N_ELEMENTS (phases),
    .phases = phases,
  };

  row_report (bench, &row);
}

static void
report_pods (Bench *bench, Payload *payload)
{
  const Phase phases[] = {
    { .cpu_cell = "H.setup-cpu",
      .wall_cell = "H.setup-wall",
      .target = 1.2,
      .limit = limit_pod_setup,
      .kvol = subject_sync },
    { .cpu_cell = "H.resync-statx", .target = 1.2, .limit = limit_pod_refresh_by_statx, .kvol = subject_sync },
    { .cpu_cell = "H.resync",
      .target = 1.2,
      .prepare = payload_touch,
      .limit = limit_pod_refresh_by_content,
      .kvol = subject_sync },
    { .cpu_cell = "H.teardown-cpu",
      .wall_cell = "H.teardown-wall",
      .target = 1.2,
      .limit = limit_pod_teardown,
      .kvol = subject_remove },
  };
  const Row row = {
    .pod = four_volumes (payload),
    .n_pods = N_PODS,
    .together = TRUE,
    .n_phases = G_N_ELEMENTS (phases),
    .phases = phases,
  };

  row_report (bench, &row);
}

/* Each round is a new manager's first look at the root. */
static void
measure_restarts (Bench *bench)
{
  g_autoptr (Series) limit = series_new ();
  g_autoptr (Series) kvol = series_new ();

  for (guint round = 0; round <= bench->rounds; round++)
    {
      Clock clock;
      Spent spent;

      clock_start (&clock);
      if (limit_scan (bench->limit_dir) != 4 * N_PODS)
        g_error ("the limit does not see all volumes");
      spent = clock_stop (&clock);
      if (round > 0)
        series_add (limit, spent.cpu);

      subject_restart (bench->subject);
      clock_start (&clock);
      subject_recover (bench->subject);
      spent = clock_stop (&clock);
      if (round > 0)
        series_add (kvol, spent.cpu);
    }
  cells_add (bench->cells, "H.restart", CELL_CPU_USEC, series_median (limit), series_median (kvol), 1.5);
}

static void
report_restart (Bench *bench, Payload *payload)
{
  Pod pod = four_volumes (payload);
  g_autoptr (GPtrArray) limit_pods = g_ptr_array_new_with_free_func ((GDestroyNotify) limit_pod_free);
  g_autoptr (GPtrArray) kvol_pods = g_ptr_array_new_with_free_func ((GDestroyNotify) kvol_pod_unref);

  subject_put (bench->subject, payload);
  for (guint i = 0; i < N_PODS; i++)
    {
      g_ptr_array_add (limit_pods, limit_pod_new (bench->limit, &pod, i));
      g_ptr_array_add (kvol_pods, subject_pod_new (&pod, i));
      limit_pod_setup (limit_pods->pdata[i]);
      subject_sync (bench->subject, kvol_pods->pdata[i]);
    }
  measure_restarts (bench);
  for (guint i = 0; i < N_PODS; i++)
    {
      limit_pod_teardown (limit_pods->pdata[i]);
      subject_remove (bench->subject, kvol_pods->pdata[i]);
    }
  row_compare (bench, "H.restart");
}

static double
status_kib (const char *key)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL) || (line = strstr (status, key)) == NULL)
    g_error ("/proc/self/status does not say %s", key);
  return strtod (line + strlen (key), NULL);
}

void
rows_node_at_rest (const char *root_dir)
{
  Payload *payload = payload_new (PAYLOAD_MAX_KEYS, 1024);
  Pod pod = four_volumes (payload);
  Subject *subject = subject_new (root_dir);
  double anonymous, resident;
  Clock clock;

  subject_put (subject, payload);
  for (guint i = 0; i < N_PODS; i++)
    {
      g_autoptr (KvolPod) wanted = subject_pod_new (&pod, i);

      subject_sync (subject, wanted);
    }
  subject_settle ();
  anonymous = status_kib ("\nRssAnon:");
  resident = status_kib ("\nVmRSS:");

  clock_start (&clock);
  g_usleep (REST_SECONDS * G_USEC_PER_SEC);
  subject_settle ();
  printf ("%f %f %f\n", anonymous, resident, clock_stop (&clock).cpu);

  for (guint i = 0; i < N_PODS; i++)
    {
      g_autoptr (KvolPod) unwanted = subject_pod_new (&pod, i);

      subject_remove (subject, unwanted);
    }
  subject_free (subject);
  payload_free (payload);
}

static void
report_rest (Bench *bench)
{
  g_autofree char *root_dir = g_strconcat (bench->kvol_dir, "-at-rest", NULL);
  const char *const argv[] = { "/proc/self/exe", "--at-rest", root_dir, NULL };
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  double anonymous, resident, cpu;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, &output, NULL, NULL, &error)
      || sscanf (output, "%lf %lf %lf", &anonymous, &resident, &cpu) != 3)
    g_error ("the node at rest: %s", error != NULL ? error->message : output);
  cells_add (bench->cells, "H.rest", CELL_CPU_USEC, -1, cpu, REST_TARGET_USEC);
  cells_add (bench->cells, "H.memory-anon", CELL_KIB, -1, anonymous, ANONYMOUS_TARGET_KIB);
  cells_add (bench->cells, "H.memory-rss", CELL_KIB, -1, resident, RESIDENT_TARGET_KIB);
}

void
rows_node (Bench *bench)
{
  Payload *payload = payload_new (PAYLOAD_MAX_KEYS, 1024);

  report_pod (bench, payload);
  report_pods (bench, payload);
  report_restart (bench, payload);
  report_rest (bench);
  payload_free (payload);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows A to D: pods of one volume. */
#include "bench/rows.h"

#include "bench/crowd.h"

#define N_PODS 100
#define KEY_SIZE 1024
#define LARGE_SIZE (1 << 20)

#define SETUP(name, most)                                                                                              \
  {                                                                                                                    \
    .cpu_cell = name, .target = most, .limit = limit_pod_setup, .kvol = subject_sync                                   \
  }
#define REFRESH(name, most)                                                                                            \
  {                                                                                                                    \
    .cpu_cell = name, .target = most, .prepare = payload_touch, .limit = limit_pod_refresh_by_content,                 \
    .kvol = subject_sync                                                                                               \
  }
#define REFRESH_STATX(name, most)                                                                                      \
  {                                                                                                                    \
    .cpu_cell = name, .target = most, .limit = limit_pod_refresh_by_statx, .kvol = subject_sync                        \
  }
#define UPDATE(name, most)                                                                                             \
  {                                                                                                                    \
    .cpu_cell = name, .target = most, .prepare = payload_change, .limit = limit_pod_update, .kvol = subject_sync       \
  }
#define TEARDOWN(name, most)                                                                                           \
  {                                                                                                                    \
    .cpu_cell = name, .target = most, .limit = limit_pod_teardown, .kvol = subject_remove                              \
  }

static void
report (Bench *bench, VolumeKind kind, Payload *payload, guint n_pods, const Phase *phases, guint n_phases)
{
  Row row = {
    .pod = { .n_volumes = 1, .volumes = { { .name = "data", .kind = kind, .payload = payload } } },
    .n_pods = n_pods,
    .n_phases = n_phases,
    .phases = phases,
  };

  row_report (bench, &row);
}

void
rows_empty_dir (Bench *bench)
{
  static const Phase phases[] = { SETUP ("A.setup", 1.2), TEARDOWN ("A.teardown", 1.2) };

  report (bench, VOLUME_EMPTY_DIR, NULL, N_PODS, phases, G_N_ELEMENTS (phases));
}

/* What other mounts on the machine cost: kvol among them over kvol alone. */
static void
report_growth (Bench *bench, const Phase *phases, guint n_phases)
{
  const Row row = {
    .pod = { .n_volumes = 1, .volumes = { { .name = "data", .kind = VOLUME_EMPTY_DIR_MEMORY } } },
    .n_pods = N_PODS,
    .n_phases = n_phases,
    .phases = phases,
  };
  g_autofree Medians *alone = g_new (Medians, n_phases);
  g_autofree Medians *crowded = g_new (Medians, n_phases);
  g_autofree char *name = g_strdup_printf ("B.growth@%u", bench->n_mounts);
  g_autofree char *crowd_dir = g_strconcat (bench->kvol_dir, "-crowd", NULL);
  Crowd *crowd;

  row_run (bench, &row, alone);
  crowd = crowd_new (crowd_dir, bench->n_mounts);
  row_run (bench, &row, crowded);
  crowd_free (crowd);
  cells_add (bench->cells, name, CELL_CPU_USEC, alone[0].kvol_cpu, crowded[0].kvol_cpu, 1.1);
}

void
rows_memory (Bench *bench)
{
  static const Phase phases[] = { SETUP ("B.setup", 1.2), TEARDOWN ("B.teardown", 1.2) };

  report (bench, VOLUME_EMPTY_DIR_MEMORY, NULL, N_PODS, phases, G_N_ELEMENTS (phases));
  report_growth (bench, phases, G_N_ELEMENTS (phases));
}

void
rows_secret (Bench *bench)
{
  static const Phase phases[] = {
    SETUP ("C.setup", 1.2),    REFRESH ("C.refresh", 1.2),    REFRESH_STATX ("C.refresh-statx", 1.3),
    UPDATE ("C.one-key", 1.2), TEARDOWN ("C.teardown", 1.25),
  };
  Payload *payload = payload_new (PAYLOAD_MAX_KEYS, KEY_SIZE);

  report (bench, VOLUME_SECRET, payload, N_PODS, phases, G_N_ELEMENTS (phases));
  payload_free (payload);
}

void
rows_configmap (Bench *bench)
{
  static const Phase small[] = {
    SETUP ("D.setup", 1.2),
    REFRESH ("D.refresh", 1.2),
    UPDATE ("D.one-key", 1.2),
    TEARDOWN ("D.teardown", 1.2),
  };
  static const Phase large[] = {
    SETUP ("D.1MiB-setup", 1.15),
    REFRESH ("D.1MiB-refresh", 1.15),
    UPDATE ("D.1MiB-update", 1.15),
    TEARDOWN ("D.1MiB-teardown", 1.15),
  };
  Payload *payload = payload_new (PAYLOAD_MAX_KEYS, KEY_SIZE);
  Payload *large_payload = payload_new (1, LARGE_SIZE);

  report (bench, VOLUME_CONFIG_MAP, payload, N_PODS, small, G_N_ELEMENTS (small));
  /* Fewer pods: each has a megabyte in the page cache on both sides. */
  report (bench, VOLUME_CONFIG_MAP, large_payload, N_PODS / 5, large, G_N_ELEMENTS (large));
  payload_free (payload);
  payload_free (large_payload);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that one plugin file is put through. */
#pragma once

#include "host.h"
#include "report.h"
#include "ground.h"

typedef struct {
  Report     *report;
  const char *case_file;   /* for every plugin file; NULL: the one beside it */
  const char *worker;      /* the program kvol-worker; NULL: there is none */
  const char *canary;
  const char *no_faults;   /* why there are no sweeps; NULL: there are */
  gboolean    only_worker; /* everything in the worker; else sweeps in process, and all other checks in both */
  Ground     *ground;      /* NULL when only a list is made */
  HostMemory *memory;
} Harness;

/* FALSE with an error for the user when the case file is missing or wrong. */
gboolean harness_run_file (const Harness *self, const char *plugin_file, GError **error);

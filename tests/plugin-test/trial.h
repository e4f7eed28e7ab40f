/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One case of one plugin, and where it is played. */
#pragma once

#include "ground.h"
#include "host.h"

/* What is tried, and where: the same for the parent and for all child processes of a check. */
typedef struct {
  const char *plugin_file;
  const char *worker_program; /* or NULL */
  gboolean    in_worker;
  Ground     *ground;
  HostMemory *memory;
  const char *canary;
  const Case *spec;
} Trial;

/* The last component of the volume's directory. */
const char *trial_get_spec_name (const Trial *self);

/* Lays the ground for the case, runs its commands and seals it. */
gboolean trial_begin (const Trial *self, GError **error);
/* Runs the case's clean-up commands. */
gboolean trial_end (const Trial *self, GError **error);

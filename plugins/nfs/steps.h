/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a probe did, step by step: one line each, a(sssx) as the ABI has it. */
#pragma once

#include <glib.h>

typedef struct {
  GVariantBuilder lines;
  const char     *name;   /* of the step that runs */
  gint64          began;  /* monotonic */
} NfsSteps;

void nfs_steps_init  (NfsSteps *self);
void nfs_steps_begin (NfsSteps *self, const char *name);
/* It went well: @format says what was found. Answers TRUE. */
gboolean nfs_steps_end (NfsSteps *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* It did not: @failure is a cause's. */
void nfs_steps_fail  (NfsSteps *self, const GError *failure);
/* (transfer floating): all lines. */
GVariant *nfs_steps_finish (NfsSteps *self);

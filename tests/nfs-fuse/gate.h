/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where answers of the server wait (lossy.h). */
#pragma once

#include <glib.h>

/* Begins as { 0 }. */
typedef struct {
  GMutex   lock;
  GCond    changed;
  gboolean open;
} Gate;

/* A LossyForge; @data: the gate. */
void gate_wait (GByteArray *answer, gpointer data);
void gate_open (Gate *self);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where answers of the server wait (lossy.h). */
#pragma once

#include <glib.h>

/* Begins as { 0 }. */
typedef struct {
  GMutex   lock;
  GCond    changed;
  gboolean open;
  gboolean guest;
} Gate;

/* A LossyForge; @data: the gate. */
void gate_wait (GByteArray *answer, gpointer data);
/* Returns when an answer has come. */
void gate_await_guest (Gate *self);
void gate_open (Gate *self);

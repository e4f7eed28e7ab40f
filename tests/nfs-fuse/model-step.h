/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One operation of the model, and one of the two places where it is done. */
#pragma once

#include <glib.h>

#define MODEL_HELD 4

typedef struct {
  int dir;              /* its root */
  int held[MODEL_HELD]; /* files that stay open over many steps, also when their name goes; -1: none */
} ModelSide;

typedef struct {
  const char *kind;  /* of operation, for people */
  char       *path;  /* below the root */
  char       *other; /* likewise */
  guint       slot;  /* of a held file */
  guint64     offset;
  gsize       length;
  guint32     number; /* a mode, a content, a time: whatever the kind has use for */
} ModelStep;

typedef int (*ModelAct) (ModelSide *side, const ModelStep *step, GByteArray *out);

/* Fills the step at random and answers what does it. */
ModelAct model_step_init  (ModelStep *self, GRand *random);
void     model_step_clear (ModelStep *self);
char    *model_step_dup_text (const ModelStep *self);

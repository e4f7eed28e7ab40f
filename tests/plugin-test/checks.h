/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks that a plugin is put through, in the order in which they make sense. */
#pragma once

#include "trial.h"

typedef enum {
  CHECK_OF_SUCCESS, /* of cases that set up */
  CHECK_OF_REFUSAL, /* of cases that are to fail */
  CHECK_OF_CONTENT, /* of volumes that are the directory itself */
} CheckOf;

typedef struct {
  const char *sentence;
  CheckOf     of;
  VerdictFunc run; /* in a child process; the data is a Trial */
} Check;

extern const Check checks[];
extern const gsize n_checks;

/* Runs @check on a ground of its own, and looks at what it left. */
void check_run (const Check *check, const Trial *trial, Verdict *verdict);

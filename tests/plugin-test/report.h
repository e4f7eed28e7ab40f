/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TAP on standard output, and the exit status that follows from it. */
#pragma once

#include "support/verdict.h"

typedef struct {
  const char  *only;      /* report nothing whose name does not contain this; NULL: everything */
  gboolean     just_list;
  guint        count;
  VerdictLevel worst;
} Report;

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_CANNOT, EXIT_VIOLATION };

/* Whether the check of this name is to be run. When there is only a list to be made, it is made here. */
gboolean report_wants (Report *self, const char *name);
void     report_add   (Report *self, const char *name, const Verdict *verdict);
void     report_skip  (Report *self, const char *name, const char *reason);

/* Prints the plan and answers the exit status. */
int report_end (const Report *self);

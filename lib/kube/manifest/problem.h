/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <kvol-kube/kvol-kube-problem.h>

/* @object, "Pod/web", may be NULL, and so may @line be 0: the problem is the file's. What could play with a terminal is
 * neutralised in all of them. */
KvolKubeProblem *kube_problem_new (KvolKubeSeverity severity, guint file_number, const char *file, guint line,
                                   const char *object, const char *text);

/* By file and line. */
int kube_problem_compare (const KvolKubeProblem *a, const KvolKubeProblem *b);

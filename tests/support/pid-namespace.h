/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is seen from within another pid namespace, whose /proc is still that of this one. */
#pragma once

/* Answers with 0, or the number of what went wrong. */
typedef int (*PidNamespaceLook) (void);

/* Has the first process of a new one look. The test is skipped where there may be none, and fails unless it is 0. */
void pid_namespace_look (PidNamespaceLook look);

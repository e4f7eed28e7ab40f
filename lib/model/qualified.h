/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kubernetes' qualified names, as "example.com/MyName" (apimachinery pkg/api/validate/content): keys of labels and
 * annotations, names of plugins. */
#pragma once

#include <glib.h>

/* What is wrong with @name, in upstream's words; NULL when nothing is. The prefix may be left out. */
const char *model_qualified_find_fault (const char *name);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References to variables in text, "$(NAME)" (upstream third_party/forked/golang/expansion). */
#pragma once

#include <glib.h>

/* What stands for @name; NULL: there is no such variable, and the reference stays as it is. */
typedef const char *(*ModelVariableFunc) (const char *name, gpointer data);

/* The longest string that the kernel hands to a program, its NUL included (MAX_ARG_STRLEN). */
#define MODEL_EXPANSION_MAX 131072

/* @text with each reference replaced, and "$$" by "$", so that "$$(NAME)" becomes "$(NAME)". What opens and never
 * closes stays as it is. A value is not looked at again. The caller frees it. INVALID_SPEC: it becomes longer than @max
 * bytes: variables of variables grow tenfold a line. */
char *model_expand (const char *text, gsize max, ModelVariableFunc find, gpointer data, GError **error);

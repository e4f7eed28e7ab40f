/* SPDX-License-Identifier: MIT */
/* Text for people. Names and messages come from manifests and from the network: whoever wrote them must not be able
 * to move the reader's cursor, retitle the window or turn a line around. */
#pragma once

#include <glib.h>

/* @text with control characters, marks that change the direction of writing, and bytes that are no UTF-8 spelt out
 * ("\x1b", "\u202e"). The caller frees it. */
char *text_printable (const char *text);

/* Whether @c is one of these characters. */
gboolean text_is_hostile (gunichar c);

/* One line on stdout. */
void text_say (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* One line on stderr, in the program's name. */
void text_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* The same, but only for somebody who sits and waits. */
void text_progress (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Warnings of the libraries become lines on stderr too. Once, at the start. */
void text_take_log (void);

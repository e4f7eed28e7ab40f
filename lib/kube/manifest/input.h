/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a file on their way to libyaml. */
#pragma once

#include <glib.h>

typedef struct {
  const char *bytes;
  gsize       length;
  gsize       at;       /* what was read so far */
  gboolean    is_json;
} KubeInput;

void     kube_input_init (KubeInput *self, const char *bytes, gsize length);

/* Copies what comes next, until @buffer is full or a document ends; 0: nothing is left. JSON writes a character beyond
 * U+FFFF as two escapes ("\ud83d\ude00"), which YAML does not know: it comes out as the character itself. */
gsize    kube_input_read (KubeInput *self, char *buffer, gsize size);

guint    kube_input_count_lines (const KubeInput *self);

/* Goes to the first line, from @line on, that begins a document ("---") and is not the first of all; forgets what
 * stands before it, so that lines count from there. Answers how many lines those were; 0: there is no such line. */
guint    kube_input_skip_to_document (KubeInput *self, guint line);

/* The line, from 1, on which the byte stands that is read after @offset others. */
guint    kube_input_get_line (const KubeInput *self, gsize offset);

/* Whether the white space before the first word of a line has a tab. */
gboolean kube_input_has_tab (const KubeInput *self, guint line);

/* The line of the @nth place, from 1, where @word stands; 0: there are not as many. */
guint    kube_input_find (const KubeInput *self, const char *word, guint nth);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/expansion.h"

#include <kvol/kvol-error.h>
#include <string.h>

/* What stands from "$(" on, up to its ")" at @end. */
static void
append_variable (GString *out, const char *text, const char *end, ModelVariableFunc find, gpointer data)
{
  g_autofree char *name = g_strndup (text + 2, end - text - 2);
  const char *value = find (name, data);

  if (value != NULL)
    g_string_append (out, value);
  else
    g_string_append_len (out, text, end - text + 1);
}

/* Appends what the first characters of @text stand for, and answers how many. @last is the last ")" in all of the text,
 * or NULL: nothing that opens after it can close. */
static gsize
expand_next (GString *out, const char *text, const char *last, ModelVariableFunc find, gpointer data)
{
  if (text[0] == '$' && text[1] == '(' && text < last)
    {
      const char *end = strchr (text, ')');

      append_variable (out, text, end, find, data);
      return end - text + 1;
    }
  g_string_append_c (out, *text);
  return text[0] == '$' && text[1] == '$' ? 2 : 1;
}

char *
model_expand (const char *text, gsize max, ModelVariableFunc find, gpointer data, GError **error)
{
  const char *last = strrchr (text, ')');
  g_autoptr (GString) out = g_string_new (NULL);

  while (*text != '\0' && out->len <= max)
    text += expand_next (out, text, last ? last : text, find, data);
  if (out->len <= max)
    return g_string_free (g_steal_pointer (&out), FALSE);
  g_set_error (error, KVOL_ERROR, KVOL_ERROR_INVALID_SPEC,
               "with its variables expanded it is longer than %" G_GSIZE_FORMAT " bytes", max);
  return NULL;
}

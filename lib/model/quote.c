/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/quote.h"

#include <string.h>

/* Go's IsPrint: letters, marks, numbers, punctuation and symbols, and of all blanks the one of ASCII. */
static gboolean
is_printable (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return FALSE;
    case G_UNICODE_SPACE_SEPARATOR:
      return c == ' ';
    default:
      return TRUE;
    }
}

static void
append_escaped (GString *out, gunichar c)
{
  static const char plain[] = "\a\b\f\n\r\t\v";
  const char *known = c < 0x80 && c != 0 ? strchr (plain, (int) c) : NULL;

  if (known != NULL)
    g_string_append_printf (out, "\\%c", "abfnrtv"[known - plain]);
  else if (c < ' ' || c == 0x7f)
    g_string_append_printf (out, "\\x%02x", c);
  else if (c < 0x10000)
    g_string_append_printf (out, "\\u%04x", c);
  else
    g_string_append_printf (out, "\\U%08x", c);
}

void
model_quote_append (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c == '"' || c == '\\')
        g_string_append_printf (out, "\\%c", (char) c);
      else if (is_printable (c))
        g_string_append_unichar (out, c);
      else
        append_escaped (out, c);
    }
  g_string_append_c (out, '"');
}
